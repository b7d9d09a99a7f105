"""Sphinx's settings for the pages that antsibull-docs writes: tools/docs."""

from __future__ import annotations

from typing import Any

from docutils import nodes

project = "pingpong.platform"
author = "The pingpong.platform maintainers"
title = html_title = html_short_title = project
extensions = ["sphinx_antsibull_ext"]
default_role = "any"
nitpicky = True
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "index.html", "topbar_links": {}}
html_show_sphinx = False
html_use_index = False
html_copy_source = False

# What the pages refer to in Ansible's own docs; Sphinx would fetch their inventory at every build.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
ELSEWHERE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}


def _elsewhere(_app: Any, _env: Any, reference: Any, content: nodes.TextElement) -> nodes.reference | None:
    """A link to a label of Ansible's docs; None for one that is nowhere, which is a warning."""
    page = ELSEWHERE.get(reference["reftarget"])
    return nodes.reference("", "", content, refuri=ANSIBLE + page, internal=False) if page else None


def setup(app: Any) -> None:
    app.connect("missing-reference", _elsewhere)
