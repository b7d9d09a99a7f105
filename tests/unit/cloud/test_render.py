"""A plan as a reviewer reads it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.render import report
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import parse_all
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.stack_plan import plan_stack

Body = dict[str, Any]
SCRIPT = "#!/bin/sh\nset -eu\necho {}\nexit 0\n"
BASTION = {"kind": "instance", "name": "vm", "zone": "z"}
POOLS = [{"name": "main", "config": {"labels": {}}}, {"name": "spot", "config": {"spot": True}}]
CLUSTER = {"kind": "cluster", "name": "c", "location": "l", "nodePools": POOLS}


def script(word: str) -> Body:
    return {"metadata": {"items": [{"key": "startup-script", "value": SCRIPT.format(word)}]}}


PLANS: list[tuple[str, list[Body], dict[str, Body], list[str]]] = [
    (
        "a creation tells each field once, and no empty one",
        [{"kind": "firewall", "name": "f", "allowed": [{"IPProtocol": "tcp", "ports": ["1", "2"]}], "targetTags": []}],
        {},
        [
            "+ firewall/f  (p)  create  # does not exist",
            "    allowed[0].IPProtocol: tcp",
            '    allowed[0].ports: ["1", "2"]',
            "= 1 to create, 0 unchanged",
        ],
    ),
    (
        "a pool's fields are shown at the pool",
        [CLUSTER, *({"kind": "node_pool", "location": "l", "cluster": "c", **pool} for pool in POOLS)],
        {},
        [
            "+ cluster/c  (p/l)  create  # does not exist",
            '    nodePools: ["main", "spot"]',
            "+ node_pool/main  (p/c/l)  create  # is created with cluster/c",
            "+ node_pool/spot  (p/c/l)  create  # is created with cluster/c",
            "    config.spot: true",
            "= 3 to create, 0 unchanged",
        ],
    ),
    (
        "one line that differs in a script",
        [{**BASTION, **script("new")}],
        {"instance/vm": {"name": "vm", **script("old")}},
        [
            "~ instance/vm  (p/z)  update",
            "    metadata.items[startup-script].value: #!/bin/sh … (5 lines) -> #!/bin/sh … (5 lines)"
            "  (differs from what is desired)",
            "        -echo old",
            "        +echo new",
            "= 1 to update, 0 unchanged",
        ],
    ),
    (
        "members that are missing, and others than desired",
        [
            {
                "kind": "project_iam",
                "name": "i",
                "bindings": [{"role": "r/new", "members": ["user:a"]}, {"role": "r/old", "members": ["user:a"]}],
            }
        ],
        {"project_iam/i": {"bindings": [{"role": "r/old", "members": ["user:b"]}]}},
        [
            "~ project_iam/i  (p)  update",
            '    bindings[r/new]: (absent) -> ["user:a"]  (is missing)',
            '    bindings[r/old]: ["user:b"] -> ["user:a", "user:b"]  (has other members than desired)',
            "= 1 to update, 0 unchanged",
        ],
    ),
    (
        "a value that nobody may see",
        [{"kind": "secret_version", "name": "s", "secret": "s", "payload": "hush"}],
        {},
        ["+ secret_version/s  (p/s)  create  # does not exist", "    payload: <masked>", "= 1 to create, 0 unchanged"],
    ),
    (
        "a field that cannot change",
        [{"kind": "network", "name": "n", "autoCreateSubnetworks": True}],
        {"network/n": {"name": "n", "autoCreateSubnetworks": False}},
        [
            "x network/n  (p)  blocked  # cannot be changed once it exists: autoCreateSubnetworks (live: False,"
            " desired: True); give it a new name, so that a new one is made, and remove the old one",
            "    autoCreateSubnetworks: false -> true  (differs from what is desired)",
            "= 1 that cannot be done, 0 unchanged",
        ],
    ),
    ("nothing differs", [{"kind": "network", "name": "n"}], {"network/n": {"name": "n"}}, []),
]


@pytest.mark.parametrize(("items", "live", "lines"), [row[1:] for row in PLANS], ids=[row[0] for row in PLANS])
def test_plan(items: list[Body], live: dict[str, Body], lines: list[str]) -> None:
    resources = parse_all(items, "p", {})
    plan = plan_stack(resources, {resource.key: live.get(resource.key) for resource in resources})
    shown = report(plan.changes, (), {}, True)["diff"]
    assert [line for part in shown for line in part["prepared"].splitlines()] == lines
