#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``k8s_apply``; the work is in ``module_utils/kubernetes``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: k8s_apply
short_description: Manage Kubernetes objects as one declared layer
version_added: 0.1.0
description:
  - Takes objects, files and charts together as one layer of an environment, lists what the layer has on the cluster
    by its owner labels, and applies only what may differ, by server-side apply, in stages and in parallel.
  - A layer that is already as declared costs one LIST for each kind and namespace, and one read of its record.
  - Waits until everything is ready, by a predicate for each kind, and fails early with the reason when something
    cannot become ready.
  - What a person's tool (C(kubectl), a script) changed, removed or added on an object of the layer is drift. It is
    set back and named, with its field manager, in RV(objects[].reverted) and in the diff, see O(foreign_fields).
  - What a controller writes stays, and so does a status, a replica count that was scaled, and what the API server
    allocates. A declared field that a controller owns with another value is a conflict and fails the task, see
    O(force_conflicts).
  - Runs in the controller, as an action plugin; the target host only lends its variables.
options:
  state:
    description:
      - V(present) creates and updates what is given.
      - V(absent) deletes everything that the layer has, in the reverse order, and waits until it is gone. What is
        to be kept stays, see O(prune).
    type: str
    choices: [present, absent]
    default: present
  files:
    description:
      - YAML or JSON files, or folders of them, with one or more objects each. A relative path is looked for in the
        role's C(files), beside the playbook, and where Ansible was started.
    type: list
    elements: path
    default: []
  prune:
    description:
      - Whether to delete what the layer has on the cluster and is no longer given.
      - Never deleted is what only carries the layer's labels and was not applied by this module, such as a copy.
      - When a Deployment or a Rollout takes over from one of the other kind with the same name, and O(wait=true),
        nothing is pruned before it is ready.
      - An object annotated C(pingpong.platform/prune=keep) is kept, also with O(state=absent), and so is one that
        says the same to another tool; C(helm.sh/resource-policy=keep), C(kustomize.toolkit.fluxcd.io/prune=disabled),
        C(argocd.argoproj.io/sync-options=Prune=false) or C(Delete=false), C(kapp.k14s.io/delete-strategy=orphan),
        C(client.lifecycle.config.k8s.io/deletion=detach), C(cli-utils.sigs.k8s.io/on-remove=keep).
      - A namespace or a definition is kept that holds objects of another layer, or objects that stay.
    type: bool
    default: true
  force_conflicts:
    description: Whether to take fields from other managers, and objects from other layers.
    type: bool
    default: false
  foreign_fields:
    description:
      - What to do with fields and list items that are not declared and that a field manager wrote which is no
        controller; V(revert) removes them, V(keep) leaves them. Declared fields are set back in any case.
      - Controllers are Kubernetes' own components, and managers that are named as controllers, operators, injectors,
        webhooks, schedulers, autoscalers, provisioners or agents are.
    type: str
    choices: [revert, keep]
    default: revert
  allowed_managers:
    description: Patterns such as V(vault-*) of further field managers, whose fields are left alone as controllers' are.
    type: list
    elements: str
    default: []
  wait:
    description: Whether to wait until every object is ready.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait, in seconds, each for readiness, for deletion and for another run of this layer.
    type: int
    default: 300
  wait_sleep:
    description: The seconds between two looks.
    type: float
    default: 1.0
  threads:
    description: How many requests are sent at the same time.
    type: int
    default: 12
  request_timeout:
    description: The seconds after which a silent connection is given up and the request sent again.
    type: float
    default: 30.0
  record_namespace:
    description: Where the layer's Lease is kept, its lock and the record of its kinds and namespaces.
    type: str
    default: kube-system
extends_documentation_fragment:
  - pingpong.platform.cluster
  - pingpong.platform.cluster.attributes
  - pingpong.platform.layer
attributes:
  check_mode:
    support: full
    description: Asks the API server for a dry run of what may differ, and changes nothing.
  diff_mode:
    support: full
    description: The differences as the server sees them; of Secrets the keys and which of them change, never a value.
  idempotent:
    support: full
    description: A layer that is as declared is not written to.
author: The pingpong.platform maintainers (@pingpong)
"""

EXAMPLES = r"""
- name: Install the mesh
  pingpong.platform.k8s_apply:
    connection: "{{ cluster_connection }}"
    environment_name: production
    layer: mesh
    charts:
      - name: istio-base
        chart: base
        repository: https://istio-release.storage.googleapis.com/charts
        version: 1.30.0
        namespace: istio-system
    objects:
      - apiVersion: v1
        kind: Namespace
        metadata: {name: istio-system}

- name: Remove it
  pingpong.platform.k8s_apply:
    connection: "{{ cluster_connection }}"
    environment_name: production
    layer: mesh
    state: absent
"""

RETURN = r"""
objects:
  description: Every object that was given, and what was done with it.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: Its kind., type: str}
    namespace: {description: Its namespace; empty when cluster-wide., type: str}
    name: {description: Its name., type: str}
    action: {description: 'One of C(created), C(adopted), C(updated), C(unchanged).', type: str}
    fields: {description: The paths that changed; at most 50., type: list, elements: str}
    reverted:
      description:
        - What of this sets back what somebody else did; at most 50. A change of what is declared is none.
        - In check mode, together with C(fields), a report of drift.
      type: list
      elements: dict
      contains:
        field: {description: 'The path, with the keys of list items, such as C(spec.containers[app].image).', type: str}
        manager: {description: The field manager that wrote it; empty for what was removed., type: str}
pruned:
  description: The objects that were deleted, in this order.
  returned: success
  type: list
  elements: dict
kept:
  description: The objects that would have been deleted, and the C(reason) why they were not.
  returned: success
  type: list
  elements: dict
requests:
  description: How many requests were sent to the API server.
  returned: success
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.spec import K8S_APPLY


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=K8S_APPLY, supports_check_mode=True)
    run_module(module, lambda args: run(args, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
