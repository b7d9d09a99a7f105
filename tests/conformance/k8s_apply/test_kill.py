"""Killed at any request, or run twice at once: the next run ends where an undisturbed one would."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.record import Record

from tests.support.faults import Fault, Proxy
from tests.support.layers import Harness, actions, config_map, deployment, role, secret, service, with_defaults

BEFORE = [config_map("c"), secret("s", password="old"), role("gone"), deployment("d")]
AFTER = [
    config_map("c", key="new"),
    secret("s", password="new"),
    service("v"),
    deployment("d", image="example.org/b:2"),
]

RUN = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run
run(json.load(sys.stdin), check_mode=False)
"""


def start(options: dict[str, Any]) -> subprocess.Popen[bytes]:
    """``k8s_apply`` in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", RUN, json.dumps(sys.path)], stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(with_defaults(options)).encode())
    process.stdin.close()
    return process


@pytest.mark.parametrize("commit", [False, True], ids=["before the server acts", "after it acted"])
@pytest.mark.parametrize("at", [1, 4, 6, 7, 8, 9, 10, 11, 12, 13])
def test_killed_at_a_request(layer: Harness, proxy: Proxy, at: int, commit: bool) -> None:
    layer.apply(*BEFORE)
    options = {
        "connection": {"endpoint": proxy.endpoint, "token": layer.connection["token"]},
        "environment_name": "tests",
        "layer": layer.namespace,
        "namespace": layer.namespace,
        "objects": AFTER,
        "wait": False,
    }
    victims: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        victims[0].kill()

    proxy.arm(Fault(cut="reset", commit=commit, then=kill), at=at)
    victims.append(start(options))
    killed = victims[0].wait(60) != 0
    assert killed == proxy.fired

    started = time.monotonic()
    layer.apply(*AFTER)
    assert time.monotonic() - started < 10, "a dead process's lock is not waited for"

    settled = layer.apply(*AFTER)
    assert settled["changed"] is False
    assert layer.get("Role", "gone", "rbac.authorization.k8s.io/v1") is None
    live = layer.get("ConfigMap", "c")
    assert live is not None
    assert live["data"] == {"key": "new"}


def test_two_runs_at_once_end_in_what_one_of_them_declares(layer: Harness) -> None:
    one = [config_map("c", run="one"), role("one")]
    two = [config_map("c", run="two"), role("two")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda objects: layer.apply(*objects), (one, two)))
    assert all(result["changed"] for result in results)
    live = layer.get("ConfigMap", "c")
    assert live is not None
    winner = one if live["data"]["run"] == "one" else two
    assert layer.apply(*winner)["changed"] is False


def test_the_lock_is_renewed_while_a_run_lasts(layer: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    init = Record.__init__
    monkeypatch.setattr(
        Record, "__init__", lambda self, *args, **kwargs: init(self, *args, **{**kwargs, "duration": 3})
    )
    name = f"{layer.namespace}-slow"
    # A namespace that is held while it is deleted keeps the run busy.
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "finalizers": ["example.org/hold"]}}
    layer.apply(foreign)
    layer.client.delete("v1", "Namespace", name)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(layer.apply, foreign, config_map("c"), wait_timeout=15)
        time.sleep(2)
        with pytest.raises(PlatformError, match="is being changed by"):
            # Longer than the lock lasts: only a holder that renews it is still waited for.
            layer.apply(config_map("c"), wait_timeout=5)
        with pytest.raises(PlatformError, match=f"not deleted within 15 seconds: Namespace {name}: .*example.org/hold"):
            slow.result()
    layer.client.patch("v1", "Namespace", name, None, {"metadata": {"finalizers": None}})
    assert actions(layer.apply(foreign, config_map("c"))) == {name: "created", "c": "created"}
    layer.client.patch("v1", "Namespace", name, None, {"metadata": {"finalizers": None}})
    layer.apply(state="absent")
