# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of ``git_manifests``."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.spec import K8S_APPLY

_SHARED = (
    *("connection", "environment_name", "layer", "state", "objects", "charts", "helm", "namespace"),
    *("wait", "wait_timeout", "wait_sleep", "request_timeout"),
)

GIT_MANIFESTS: dict[str, Any] = {
    **{name: K8S_APPLY[name] for name in _SHARED},
    "repository": {
        "type": "dict",
        "required": True,
        "options": {
            "url": {"type": "str", "required": True},
            "branch": {"type": "str", "default": "main"},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "ca_file": {"type": "path"},
        },
        "required_together": [("username", "password")],
    },
    "folder": {"type": "str", "required": True},
    "application": {"type": "str", "required": True},
    "application_namespace": {"type": "str", "required": True},
    "git": {"type": "path", "default": "git"},
}
