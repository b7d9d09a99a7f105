# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of a layer of objects, whoever applies it."""

from __future__ import annotations


class ModuleDocFragment:
    """Which layer of which environment it is, and the objects and charts that it is declared by."""

    DOCUMENTATION = r"""
options:
  environment_name:
    description: The environment that the objects belong to.
    type: str
    required: true
  layer:
    description:
      - The layer of the environment that the objects make up. Lower-case letters, digits and hyphens.
      - Two tasks with one layer would prune each other's objects; give each a layer of its own.
    type: str
    required: true
  objects:
    description:
      - Objects, as dicts; lists of them, such as C(kind=List), are opened.
      - Empty ones are passed over, as C(from_yaml_all) makes them of a template's empty documents.
    type: list
    elements: raw
    default: []
  charts:
    description:
      - Helm charts, rendered by C(helm template). No release is recorded.
      - Tests and hooks are left out, as what is applied is what stays; a warning names the hooks.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The release's name.
        type: str
        required: true
      chart:
        description: A folder, an archive, a name in O(charts[].repository) or an C(oci://) reference.
        type: str
        required: true
      repository:
        description: The URL of the chart's repository.
        type: str
      version:
        description:
          - The chart's version. Without it, or with a range, a chart from a repository is rendered on every run.
        type: str
      namespace:
        description: The release's namespace; also that of objects that name none.
        type: str
      values:
        description: The chart's values. They are passed on standard input.
        type: dict
        default: {}
      include_crds:
        description: Whether the definitions in the chart's C(crds) folder belong to the layer.
        type: bool
        default: true
      kube_version:
        description: The version of Kubernetes that the chart is rendered for; by default the cluster's.
        type: str
      api_versions:
        description: Versions of APIs that the chart is rendered for.
        type: list
        elements: str
        default: []
  helm:
    description: The Helm program.
    type: path
    default: helm
  namespace:
    description: The namespace of namespaced objects that name none.
    type: str
"""
