"""Which empty fields an answer has: the kept list against Google's own client library."""

from __future__ import annotations

from typing import Any

import google.cloud.container_v1.types.cluster_service as library

from testbed.cloud.core.protocol.discovery import load
from testbed.cloud.core.protocol.presence import OPTIONAL, heard, shown


def _with_presence(descriptor: Any) -> set[str]:
    """`Message.field` of each scalar with presence, in a message and in those inside it."""
    found = set()
    schema = load("container").schemas.get(descriptor.name, {})
    for field in descriptor.fields:
        wrapped = field.message_type is not None and field.message_type.full_name.startswith("google.protobuf.")
        value = wrapped and field.message_type.name.endswith("Value")
        oneof = field.containing_oneof
        optional = field.message_type is None and oneof is not None and oneof.name == f"_{field.name}"
        if (value or optional) and field.json_name in schema.get("properties", {}):
            found.add(f"{descriptor.name}.{field.json_name}")
    return found.union(*map(_with_presence, descriptor.nested_types))


def test_optional_fields_are_those_of_googles_library() -> None:
    messages = [item for item in vars(library).values() if hasattr(item, "pb")]
    assert set().union(*(_with_presence(item.pb(item()).DESCRIPTOR) for item in messages)) == OPTIONAL["container"]


def test_what_says_nothing_is_left_out_and_not_heard() -> None:
    container = load("container")
    body = {
        "name": "c",
        "legacyAbac": {"enabled": False},
        "resourceLabels": {"empty": ""},
        "releaseChannel": {"channel": "UNSPECIFIED"},
        "networkConfig": {"enableFqdnNetworkPolicy": False, "datapathProvider": "DATAPATH_PROVIDER_UNSPECIFIED"},
        "nodePools": [{"name": "", "initialNodeCount": 0, "maxPodsConstraint": {"maxPodsPerNode": "0"}}],
    }
    assert shown(container, "Cluster", body) == {
        "name": "c",
        "legacyAbac": {},
        "resourceLabels": {"empty": ""},
        "releaseChannel": {},
        "networkConfig": {"enableFqdnNetworkPolicy": False},
        "nodePools": [{"maxPodsConstraint": {}}],
    }
    assert heard(container, "Cluster", body) == {
        **body,
        "releaseChannel": {},
        "networkConfig": {"enableFqdnNetworkPolicy": False},
    }


def test_the_older_apis_write_everything() -> None:
    network = {"name": "n", "autoCreateSubnetworks": False, "routingConfig": {"routingMode": "GLOBAL"}}
    assert shown(load("compute"), "Network", network) == network
