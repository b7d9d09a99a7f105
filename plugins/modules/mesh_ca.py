#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(mesh_ca), and its entrance where no action plugin runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mesh_ca
short_description: Manage the certificate authorities of an Istio mesh over several clusters, and rotate its root
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Keeps a root of the mesh's own, and under it an intermediate for each cluster, in the Secret C(cacerts) of
    C(istio-system), where istiod finds it; all clusters share the root and the trust domain.
  - The root's key stays where O(root) says. It is never put into a cluster.
  - "The root is changed in three stages, each a task that may be repeated and interrupted: V(trust_both) has every
    cluster trust the old and the new root, V(issue_new) has every cluster issue from the new one, V(trust_new) has
    every cluster forget the old one. Where a rotation stands is read off the clusters, their proxies and the root's
    place; there is no other state."
  - Before a stage changes anything, it reads what every running proxy of every cluster presents and trusts, and is
    refused, with their names, while it would cut one off. Then it waits until every proxy has followed.
  - A rotation needs C(ISTIO_MULTIROOT_MESH=true) on istiod and C(PROXY_CONFIG_XDS_AGENT=true) in the proxies'
    metadata. istiod takes a changed bundle up without a restart, and every proxy asks for a new leaf at once; an istiod
    that does not is restarted as its deployment rolls.
  - Proxies outside of the clusters, such as on virtual machines, are not seen.
options:
  clusters:
    description:
      - The clusters of the mesh by name, each with its connection as the fact C(cluster_connection) has it.
      - All of them belong in one task, or a stage could not know whom it would break.
    type: dict
    required: true
  trust_domain:
    description: The mesh's trust domain, the host in its SPIFFE identities.
    type: str
    required: true
  root:
    description: The mesh's root, and where it is kept.
    type: dict
    required: true
    suboptions:
      file:
        description:
          - A file with certificate and key, for its owner alone. It is made when it is not there; during a rotation it
            holds both roots, the new one last.
        type: path
      certificate:
        description:
          - The certificate as text, from a vault or SOPS file. To rotate, put another root there; the old one is taken
            from the clusters.
        type: str
      key:
        description: The key as text.
        type: str
      secret:
        description:
          - A secret of Google's Secret Manager, in the project of O(cloud). It must exist; its newest enabled version
            holds what O(root.file) would, and the versions before it are disabled. Of two runs that write at once, one
            writes and the other fails.
        type: str
      algorithm:
        description: How the key of a root that is made here is made.
        type: str
        choices: [ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096, ed25519]
        default: ecdsa-p256
      validity:
        description: How long a root that is made here is valid.
        type: str
        default: 3650d
      renew_before:
        description: How long before the root's end V(auto) begins a rotation, as a span or a share of its life.
        type: str
        default: 20%
  intermediate:
    description: The intermediates.
    type: dict
    suboptions:
      algorithm:
        description: How their keys are made.
        type: str
        choices: [ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096, ed25519]
        default: ecdsa-p256
      validity:
        description: How long they are valid.
        type: str
        default: 365d
      renew_before:
        description: How long before their end they are made anew, as a span or a share of their life.
        type: str
        default: 33%
      name_constraints:
        description: Whether they may sign identities of O(trust_domain) only.
        type: bool
        default: true
  stage:
    description:
      - V(steady) has every cluster have a sound intermediate, renews those that are due, and leaves a rotation where it
        stands.
      - V(trust_both) begins a rotation, with a new root of its own making if O(root.file) is used, or goes on with one.
        It does nothing when the rotation is further. A mesh that runs under a root that istiod made for itself is taken
        over in this way too.
      - V(issue_new) and V(trust_new) are the stages after that, and do nothing when they are done.
      - V(auto) does the one stage that is due, or the same as V(steady); it begins a rotation when the root is due.
    type: str
    choices: [auto, steady, trust_both, issue_new, trust_new]
    default: steady
  environment_name:
    description: The environment, as a label of the Secret.
    type: str
  layer:
    description: The layer, as a label of the Secret.
    type: str
    default: mesh-ca
  wait:
    description: Whether to wait until istiod and every proxy have followed.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait. What was written stays when they are over, and the next run goes on from it.
    type: int
    default: 600
  wait_sleep:
    description: How many seconds lie between two looks.
    type: int
    default: 2
attributes:
  check_mode:
    description: Reports what would be made and why, with the refusals, and writes nothing.
    support: full
  diff_mode:
    description: Shows decoded fields, never PEM.
    support: full
  idempotent:
    description: A stage that is done changes nothing.
    support: full
extends_documentation_fragment:
  - pingpong.platform.cloud
notes:
  - Needs the Python library C(cryptography) in the controller.
"""

EXAMPLES = r"""
- name: A root in a file, and an intermediate under it in each cluster
  pingpong.platform.mesh_ca:
    clusters:
      primary: "{{ hostvars.primary.cluster_connection }}"
      secondary: "{{ hostvars.secondary.cluster_connection }}"
    trust_domain: example.org
    root: {file: pki/mesh-root.pem}

- name: Change the root, stage by stage
  pingpong.platform.mesh_ca:
    clusters: "{{ mesh_clusters }}"
    trust_domain: example.org
    root: {file: pki/mesh-root.pem}
    stage: "{{ item }}"
  loop: [trust_both, issue_new, trust_new]
"""

RETURN = r"""
stage:
  description: The stage that was done.
  returned: success
  type: str
next_stage:
  description: The stage that is due next, V(steady) when no rotation is under way.
  returned: success
  type: str
roots:
  description: The roots that the mesh has now, with role, fingerprint, subject, end and whether the key is held.
  returned: success
  type: list
  elements: dict
root_store:
  description: Where the root is kept, and whether that was changed.
  returned: success
  type: dict
clusters:
  description:
    - By cluster, the intermediate's decoded fields with fingerprint and end, the roots that are C(trusted), the
      C(phase) of the rotation (C(old), C(both), C(issuing), C(new)), and C(reason), C(reasons) and C(why) of a change.
  returned: success
  type: dict
refused:
  description: Everything that the stage would break.
  returned: when it was refused
  type: list
  elements: str
lagging:
  description: Who has not followed.
  returned: when the waiting ended without success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.spec import ARGUMENT_SPEC


def main() -> None:
    """Run the task where Ansible has put the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    # Names of the user's choice can't be declared, so that the tokens behind them are masked here.
    connections = module.params["clusters"].values()
    module.no_log_values.update(one["token"] for one in connections if isinstance(one, dict) and one.get("token"))
    run_module(module, lambda args: run(args, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
