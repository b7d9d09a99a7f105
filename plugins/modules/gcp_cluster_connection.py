#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(gcp_cluster_connection), and its entrance where no action plugin runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_cluster_connection
short_description: Get the connection to a GKE cluster
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Returns what the collection's Kubernetes modules take as C(connection), with this run's token. The result is hidden
    from output; keep it with C(set_fact) and C(no_log).
  - In check mode a cluster that does not exist is no failure, for it may be only planned.
options:
  cluster:
    description: The cluster's name.
    type: str
    required: true
  location:
    description: Its region or zone.
    type: str
    required: true
  access:
    description:
      - V(direct) goes to the control plane's address (the private one when there is no public one), V(dns_endpoint) to
        its DNS name, V(proxy) to the private address through O(proxy), and V(iap) through the proxy on O(bastion).
      - With V(iap) the modules open a tunnel to the bastion themselves, with the connection's token, by Identity-Aware
        Proxy; who uses the connection needs C(roles/iap.tunnelResourceAccessor).
    type: str
    choices: [direct, dns_endpoint, iap, proxy]
    default: direct
  proxy:
    description: An HTTP proxy inside the network, as the bastion's through an SSH tunnel.
    type: str
  bastion:
    description: The virtual machine in the network with an HTTP proxy that IAP reaches, for V(iap).
    type: dict
    suboptions:
      instance:
        description: Its name.
        type: str
        required: true
      zone:
        description: Its zone.
        type: str
        required: true
      port:
        description: The proxy's port.
        type: int
        default: 8888
extends_documentation_fragment:
  - pingpong.platform.cloud
  - pingpong.platform.cloud.attributes
seealso:
  - module: pingpong.platform.k8s_apply
"""

EXAMPLES = r"""
- name: Look up how to reach the cluster
  pingpong.platform.gcp_cluster_connection:
    cloud: {project: my-project}
    cluster: primary
    location: europe-west1
  register: found

- name: Look up how to reach a private control plane, by the bastion
  pingpong.platform.gcp_cluster_connection:
    cloud: {project: my-project}
    cluster: primary
    location: europe-west1
    access: iap
    bastion: {instance: pingpong-production-bastion-europe-west1, zone: europe-west1-b}
  register: found

- name: Keep it
  ansible.builtin.set_fact:
    cluster_connection: "{{ found.connection }}"
  no_log: true
"""

RETURN = r"""
exists:
  description: Whether there is such a cluster.
  returned: always
  type: bool
connection:
  description: The endpoint, the authority's certificate, the token and, for V(proxy) and V(iap), the proxy.
  returned: when the cluster exists
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.cluster_connection import run_connection
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import CONNECTION, cloud_settings
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module


def main() -> None:
    """Run outside the controller's own process."""
    module = AnsibleModule(argument_spec=CONNECTION, supports_check_mode=True)
    run_module(module, lambda args: run_connection(cloud_settings(args), args, module.check_mode))


if __name__ == "__main__":
    main()
