#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``git_manifests``; the work is in ``module_utils/gitops``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: git_manifests
short_description: Commit Kubernetes objects as one declared layer, and wait until Argo CD has applied them
version_added: 0.1.0
description:
  - Takes objects and charts together as one layer of an environment, as M(pingpong.platform.k8s_apply) does, and
    commits them, a file an object, to a folder of a Git repository, from which Argo CD in the cluster takes them.
  - The folder holds the layer and nothing else. What somebody else put or changed there is set back, in one commit; a
    folder that is as declared gets none. The branch is never forced, and runs of other folders may push at the same
    time.
  - A Secret is refused, as whoever can read a repository reads it for ever.
  - Waits until Argo CD has applied the commit, pruned what is no longer declared, and everything is ready; fails with
    what Argo CD and the API server say.
  - Objects that M(pingpong.platform.k8s_apply) applied before as the same layer are taken over.
  - Runs in the controller, as an action plugin; the target host only lends its variables.
requirements:
  - git >= 2.30
  - Linux
options:
  repository:
    description: The repository, and who may push to it.
    type: dict
    required: true
    suboptions:
      url:
        description: Its address, without a password.
        type: str
        required: true
      branch:
        description: The branch that Argo CD follows. It is made where there is none.
        type: str
        default: main
      username:
        description: The user's name, over HTTPS. Without it git asks as the configuration of its own user says.
        type: str
      password:
        description: The password or token. It is handed to git in memory.
        type: str
      ca_file:
        description: A file with the CA of the server's certificate; the system's are trusted without it.
        type: path
  folder:
    description: The folder of the layer, such as V(staging/primary).
    type: str
    required: true
  application:
    description: The Application of Argo CD that points to the folder.
    type: str
    required: true
  application_namespace:
    description: The namespace of Argo CD, and of the Application.
    type: str
    required: true
  git:
    description: The Git program.
    type: path
    default: git
  state:
    description: V(absent) empties the folder, so that Argo CD removes everything that the layer has.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description: Whether to wait until Argo CD has applied the commit and every object is ready.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait, in seconds.
    type: int
    default: 300
  wait_sleep:
    description: The seconds between two looks.
    type: float
    default: 1.0
  request_timeout:
    description: The seconds after which a silent connection to the API server is given up and the request sent again.
    type: float
    default: 30.0
extends_documentation_fragment:
  - pingpong.platform.cluster
  - pingpong.platform.cluster.attributes
  - pingpong.platform.layer
attributes:
  check_mode:
    support: full
    description: Fetches the folder and says what a commit would change; nothing is pushed and nothing waited for.
  diff_mode:
    support: full
    description: The differences of each file.
  idempotent:
    support: full
    description: A folder that is as declared gets no commit.
seealso:
  - module: pingpong.platform.k8s_apply
author: The pingpong.platform maintainers (@pingpong)
"""

EXAMPLES = r"""
- name: Commit the shop, and wait until it runs
  pingpong.platform.git_manifests:
    connection: "{{ cluster_connection }}"
    environment_name: production
    layer: shop
    repository:
      url: https://git.example.com/shop/manifests.git
      username: deployer
      password: "{{ lookup('ansible.builtin.env', 'GIT_TOKEN') }}"
    folder: production/primary
    application: shop
    application_namespace: gitops
    charts:
      - {name: shop, chart: charts/shop, namespace: shop}
"""

RETURN = r"""
commit:
  description: The branch's commit that holds the folder so; in check mode the one that is there, empty without any.
  returned: success
  type: str
files:
  description: What the commit changed, an entry an object.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: Its kind; C(File) for what is no object., type: str}
    namespace: {description: Its namespace; empty when cluster-wide., type: str}
    name: {description: Its name., type: str}
    action: {description: 'One of C(created), C(updated), C(deleted).', type: str}
    path: {description: The file's path in the repository., type: str}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.spec import GIT_MANIFESTS


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=GIT_MANIFESTS, supports_check_mode=True)
    run_module(module, lambda args: run(args, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
