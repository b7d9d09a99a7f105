"""The mesh's root changes under constant load, in both clusters at once, by the playbook that users run.

Every request makes a handshake of its own and is never tried again: one proxy that refuses one other for a moment is
a failed request. Each stage is killed in the middle and run again; the forbidden moves are tried in between.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.cluster import MeshCluster
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.proxies import ProxyQuery
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Bundle
from rotation_load import Count, Load

from tests.support.local_platform import ENVIRONMENT, STATE, clients_of
from tests.support.plays import PLAYBOOK, playbook

pytestmark = [pytest.mark.platform, pytest.mark.long, pytest.mark.timeout(2400)]

ROOT = Path(__file__).parents[3]
CLUSTERS = ("primary", "secondary")
STAGES = ("trust_both", "issue_new", "trust_new")
# A proof that is inconclusive, on a machine that is too busy to give its probes their time, is made again.
PROOFS = 3


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, ClusterClient]]:
    with clients_of(*CLUSTERS) as found:
        yield found


@pytest.fixture(scope="module")
def loads(clients: dict[str, ClusterClient]) -> Iterator[list[Load]]:
    image = json.loads((STATE / "images.json").read_text())["toolbox"]
    found = [Load(name, client, image) for name, client in clients.items()]
    try:
        for load in found:
            load.start()
        yield found
    finally:
        for load in found:
            load.stop()


def test_the_root_changes_and_not_one_request_fails(loads: list[Load], clients: dict[str, ClusterClient]) -> None:
    if any(len(bundle.trusted) > 1 for bundle in bundles(clients).values()):
        finish(*STAGES)  # an earlier run was cut short
    begun = bundles(clients)
    old = {bundle.issuer for bundle in begun.values()}
    assert len(old) == 1, "one root for all clusters"
    for stage in STAGES:
        before = bundles(clients)
        interrupt(stage, clients, before)
        finish(stage)
        prove(stage, loads)
        if stage == "trust_both":
            refused("trust_new", "has not been through issue_new", clients)
    ended = bundles(clients)
    new = {bundle.issuer for bundle in ended.values()}
    assert len(new) == 1 and not new & old
    assert all(bundle.trusted == new for bundle in ended.values())
    for name, client in clients.items():
        for proxy in MeshCluster(name, client, {}).read().observe(ProxyQuery()):
            assert (proxy.problem, {proxy.leaf}, proxy.trusted) == ("", new, new), proxy
    counts = {load.name: load.counted() for load in loads}
    assert all(count.leaves >= 3 for count in counts.values()), f"every stage gives every proxy a new leaf: {counts}"
    print({name: (count.ok, count.failed, count.slowest) for name, count in counts.items()})
    assert "changed=1" not in run("rotate.yml", *stages("steady")).stdout, "and then all is steady"


def bundles(clients: dict[str, ClusterClient]) -> dict[str, Bundle]:
    """What each cluster's Secret says now."""
    found = {}
    for name, client in clients.items():
        installed = MeshCluster(name, client, {}).read().whole
        assert installed is not None, f"{name} has no sound bundle"
        found[name] = installed.bundle
    return found


def stages(*names: str) -> list[str]:
    return ["-e", json.dumps({"rotate_stages": names})]


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    book = name if "/" in name else f"playbooks/{name}"
    return playbook("-i", "inventories/local", book, *arguments, environment=ENVIRONMENT)


def interrupt(stage: str, clients: dict[str, ClusterClient], before: dict[str, Bundle]) -> None:
    """Kill the stage as soon as a cluster has changed."""
    command = [PLAYBOOK, "-i", "inventories/local", "playbooks/rotate.yml", *stages(stage)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while bundles(clients) == before:
        assert process.poll() is None, f"{stage} ended before it changed anything: {(process.communicate()[0])[-3000:]}"
        assert time.monotonic() < deadline, f"{stage} has changed nothing in 300 seconds"
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def finish(*names: str) -> None:
    done = run("rotate.yml", *stages(*names))
    assert done.returncode == 0, f"{names}: {done.stdout[-3000:]}{done.stderr[-1000:]}"


def refused(stage: str, message: str, clients: dict[str, ClusterClient]) -> None:
    """The stage fails with this message and changes nothing."""
    before = bundles(clients)
    done = run("rotate.yml", *stages(stage))
    assert done.returncode != 0 and message in done.stdout, done.stdout[-3000:]
    assert bundles(clients) == before


def prove(stage: str, loads: list[Load]) -> None:
    """No request has failed, and the mesh still refuses impostors and answers friends."""
    counts: dict[str, Count] = {load.name: load.counted() for load in loads}
    failed = {name: count.errors for name, count in counts.items() if count.failed}
    assert not failed, f"{stage}: {failed}"
    for _turn in range(PROOFS):
        proof = run(str(Path(__file__).with_name("mtls.yml")))
        if proof.returncode == 0 or "fail: 0" not in proof.stdout:
            break
    assert proof.returncode == 0, f"{stage}: {proof.stdout[-4000:]}"
