#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``pod_security_check``; the work is in ``module_utils/proof/pod_security``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pod_security_check
short_description: Ask the API server what each namespace's Pod Security level refuses and admits
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Sends a table of pods, one or more for each control of the Pod Security Standards, to the real API server as a
    dry run, which creates nothing, and holds every answer against the namespace's level. A refusal must name the
    violated control. A namespace that is pinned to a version of the standards is held to that version.
  - Where a namespace changes new pods, as a mesh's injector does, asks again about all that it must refuse, as such a
    pod is admitted; there another admission rule may refuse it in Pod Security's place.
  - Looks at each namespace's label, and asks whether every pod that already runs would be admitted today.
options:
  namespaces:
    description: The level that each namespace must enforce, V(privileged), V(baseline) or V(restricted).
    type: dict
    required: true
  image:
    description: The image in the pods that are asked about; no pod is started.
    type: str
    default: registry.k8s.io/pause:3.10.1
  scan:
    description: Whether to ask about the pods that already run as well.
    type: bool
    default: true
extends_documentation_fragment:
  - pingpong.platform.check
  - pingpong.platform.cluster
"""

EXAMPLES = r"""
- name: Prove the Pod Security levels
  pingpong.platform.pod_security_check:
    connection: "{{ cluster_connection }}"
    cluster: primary
    namespaces: {pingpong-a: restricted, pingpong-d: restricted}
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.spec import POD_SECURITY_CHECK


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=POD_SECURITY_CHECK, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
