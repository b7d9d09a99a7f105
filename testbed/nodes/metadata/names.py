"""What a cluster's DNS answers beyond the cluster: Google's names lead to the local cloud, as do its zones."""

from __future__ import annotations

from typing import Any

from testbed.nodes.metadata.objects import ACME_ADDRESS

ACME_NAME = "acme.test"


def corefile(gateway: str, name_server: str) -> str:
    """CoreDNS' configuration: kubeadm's own, with names of ours before the node's name servers.

    gateway: where Google's APIs are found. name_server: the local cloud's, as ``address:port``; it refuses names of no
    zone of its own, which the node's servers are asked for then.
    """
    known = {"googleapis.com": gateway, "metadata.google.internal": "169.254.169.254", ACME_NAME: ACME_ADDRESS}
    return (
        "".join(_answered(name, address) for name, address in known.items())
        + f""".:53 {{
    errors
    health {{
       lameduck 5s
    }}
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }}
    prometheus :9153
    forward . {name_server} /etc/resolv.conf {{
       policy sequential
       failover REFUSED
       max_concurrent 1000
    }}
    cache 30 {{
       disable success cluster.local
       disable denial cluster.local
    }}
    loop
    reload
    loadbalance
}}
"""
    )


def _answered(name: str, address: str) -> str:
    return f"""{name}:53 {{
    errors
    template IN A {{
       answer "{{{{ .Name }}}} 60 IN A {address}"
    }}
    template IN ANY {{
       rcode NOERROR
    }}
}}
"""


def objects(gateway: str, name_server: str) -> list[dict[str, Any]]:
    """The ConfigMap that CoreDNS reads, and reads again when it changes."""
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "coredns", "namespace": "kube-system"},
            "data": {"Corefile": corefile(gateway, name_server)},
        }
    ]
