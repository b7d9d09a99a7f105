"""What Cloud DNS accepts of a managed zone."""

from __future__ import annotations

import re

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import invalid
from testbed.cloud.services.compute.urls import resolve

NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
MUTABLE = frozenset({"description", "labels", "dnssecConfig", "privateVisibilityConfig", "cloudLoggingConfig",
                     "forwardingConfig", "peeringConfig"})  # fmt: skip
SOA = "{server} cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300"


def visibility(call: Call, body: Body) -> None:
    networks = (body.get("privateVisibilityConfig") or {}).get("networks") or []
    if body["visibility"] == "public":
        if networks:
            raise invalid("Invalid value for 'entity.managedZone.privateVisibilityConfig': the zone is public.")
        return
    body["nameServers"] = ["ns-gcp-private.googledomains.com."]
    if not networks:
        raise invalid("Invalid value for 'entity.managedZone.privateVisibilityConfig': a private zone needs networks.")
    for index, network in enumerate(networks):
        field = f"entity.managedZone.privateVisibilityConfig.networks[{index}].networkUrl"
        network["networkUrl"] = resolve(call, str(network.get("networkUrl") or ""), field, "networks")
