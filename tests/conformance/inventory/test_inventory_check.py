"""A wrong inventory is refused by base.yml before a request is sent, with the variable's name; ours are right."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.plays import ROOT, playbook

INVENTORIES = sorted(path.name for path in (ROOT / "inventories").iterdir())


def play(book: str, inventory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return playbook(f"playbooks/{book}", "-i", str(inventory), *arguments)


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_ours_are_right(inventory: str) -> None:
    done = play("inventory.yml", ROOT / "inventories" / inventory)
    assert done.returncode == 0, done.stdout


def edited(folder: Path, changes: dict[str, Any]) -> Path:
    """The staging inventory with other variables of its second cluster; None takes one away."""
    copy = folder / "inventory"
    shutil.copytree(ROOT / "inventories" / "staging", copy)
    hosts = yaml.safe_load((copy / "hosts.yml").read_text())
    secondary = hosts["clusters"]["hosts"]["secondary"]
    for name, value in changes.items():
        if isinstance(value, dict) and name in secondary:
            value = {**secondary[name], **value}
        secondary[name] = value
        if value is None:
            del secondary[name]
    (copy / "hosts.yml").write_text(json.dumps(hosts))
    return copy


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no project": ({"platform_project": ""}, "secondary platform_project: found nothing, expected a project's id"),
    "no region": ({"platform_region": None}, "secondary platform_region: found nothing, expected a region"),
    "ranges that overlap": (
        {"network_ranges": {"pods": "10.80.128.0/17"}},
        "primary network_ranges.pods: found 10.80.0.0/16, which overlaps 10.80.128.0/17 of secondary",
    ),
    "a key that is mistyped": (
        {"cluster_node_pools": [{"name": "main", "machine_type": "e2-small", "maximum": 3}]},
        "cluster_node_pools.maximum. Supported parameters include: count,",
    ),
    "a mirror in another region": (
        {"platform_registry": "europe-west1-docker.pkg.dev/{{ platform_project }}/hub"},
        "secondary platform_mirrors.docker.io: found a repository in europe-west1, the region of primary",
    ),
    "a switch for a dict": ({"network_ranges": True}, "secondary network_ranges: found"),
    "a host with a dot at its end": (
        {"edge_hosts": ["{{ edge_domain }}."]},
        'edge_hosts[0]: found "ping.staging.example.com.", expected a domain',
    ),
    "a way in by no bastion": (
        {"cluster_access": "iap"},
        'network_bastion: found false, expected true, because cluster_access is "iap"',
    ),
    "no choice": ({"edge_certificate": "letsencrypt"}, "value of edge_certificate must be one of: self-signed, acme"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_one_is_refused_before_anything_is_made(case: str, tmp_path: Path) -> None:
    changes, message = WRONG[case]
    done = play("base.yml", edited(tmp_path, changes), "-e", "platform_cloud={}")
    assert done.returncode != 0 and "Traceback" not in done.stdout + done.stderr
    assert " ".join(message.split()) in " ".join(done.stdout.split()), done.stdout
    assert "Build the cloud resources" not in done.stdout, "no play of a role has begun, for no cluster"


def test_one_without_clusters_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("clusters: {hosts: {}}\n")
    done = play("base.yml", tmp_path / "hosts.yml")
    assert done.returncode != 0 and "clusters: found no host in this group" in done.stdout


@pytest.mark.parametrize("variable", ["ping_image", "mesh_root"])
def test_a_value_that_a_later_role_needs_is_missed_at_once(variable: str, tmp_path: Path) -> None:
    copy = edited(tmp_path, {})
    layers = copy / "group_vars" / "all" / "layers.yml"
    values = yaml.safe_load(layers.read_text())
    kept = {key: value for key, value in values.items() if key != variable and key != "secrets_items"}
    layers.write_text(yaml.safe_dump(kept))
    done = play("base.yml", copy, "-e", "platform_cloud={}")
    assert done.returncode != 0 and f"missing required arguments: {variable}" in done.stdout, done.stdout
    assert "Build the cloud resources" not in done.stdout
