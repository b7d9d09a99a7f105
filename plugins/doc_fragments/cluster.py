# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation shared by the modules that talk to a Kubernetes cluster."""

from __future__ import annotations


class ModuleDocFragment:
    """The option ``connection`` and the attributes' descriptions."""

    DOCUMENTATION = r"""
options:
  connection:
    description: How to reach the cluster; usually the fact C(cluster_connection) that the role C(cluster) sets.
    type: dict
    required: true
    suboptions:
      endpoint:
        description: The API server's URL. Plain HTTP only on loopback.
        type: str
      ca_certificate:
        description: The CA of the API server's certificate, PEM text. Without it the system's CAs are trusted.
        type: str
      token:
        description: A bearer token.
        type: str
      token_file:
        description: A file with a bearer token; it is read again when the server no longer accepts the token.
        type: path
      client_certificate:
        description: A client certificate, PEM text.
        type: str
      client_key:
        description: The client certificate's key, PEM text, not encrypted.
        type: str
      kubeconfig:
        description: A kubeconfig file, instead of O(connection.endpoint) and credentials.
        type: path
      context:
        description: A context of the kubeconfig file; by default its current one.
        type: str
      proxy:
        description:
          - The URL of an HTTP proxy that passes connections on (CONNECT); with user and password, if it asks.
          - C(iap://projects/PROJECT/zones/ZONE/instances/INSTANCE:PORT) is one on a virtual machine of Google's, to
            which a tunnel is opened by Identity-Aware Proxy, with the connection's token.
        type: str
"""

    ATTRIBUTES = r"""
options: {}
attributes:
  check_mode:
    description: Can predict whether something would change.
  diff_mode:
    description: Shows what changed or would change.
  idempotent:
    description: Changes nothing when run again.
"""
