#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``admission_check``; the work is in ``module_utils/proof/admission``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: admission_check
short_description: Ask the API server what the admission rules refuse and admit, of what is new and of what runs
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Reads the rules that the role C(admission) has put in force, and sends each of them, in each namespace that it holds
    in, objects that it must refuse and objects that every rule must admit, to the real API server as dry runs, which
    create nothing. A refusal must be by that rule.
  - Asks of every pod that runs, and of every other object that a rule matches and no controller has made, whether it
    would be admitted today, by an update that changes nothing, as a dry run. What was there before a rule is so named.
  - It does not matter which engine has a rule, the API server's own or Kyverno.
  - A rule of the role that is not in force is a failure, but one that an inventory has to ask for. Whether the policies
    say what is declared is for M(pingpong.platform.drift_check).
options:
  environment_name:
    description: The environment whose rules these are.
    type: str
    required: true
  image:
    description: An image that the rules trust, for the objects that are asked about; nothing is started.
    type: str
    required: true
extends_documentation_fragment:
  - pingpong.platform.check
  - pingpong.platform.cluster
"""

EXAMPLES = r"""
- name: Prove the admission rules
  pingpong.platform.admission_check:
    connection: "{{ cluster_connection }}"
    cluster: primary
    environment_name: production
    image: "{{ ping_image }}"
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.spec import ADMISSION_CHECK


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=ADMISSION_CHECK, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
