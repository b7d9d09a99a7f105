"""The cloud engine as a task calls it, for tests against the local cloud."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import settings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.cluster_connection import run_connection
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.info import run_info
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import cloud_settings, run_stack
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from testbed.cloud.testing import PROJECT, RunningCloud

KINDS_TABLE = Path(__file__).parents[1] / "conformance" / "gcp_stack" / "kinds.yml"


STACK: list[dict[str, Any]] = yaml.safe_load(KINDS_TABLE.with_name("stack.yml").read_text())
CHANGES: dict[str, dict[str, Any]] = {
    "firewall": {"sourceRanges": ["130.211.0.0/22"]},
    "address": {"labels": {"a": "2"}},
    "pubsub_topic": {"labels": {"a": "2"}},
    "cluster": {"releaseChannel": {"channel": "STABLE"}, "resourceLabels": {"a": "1"}},
    "dns_record": {"ttl": 60},
}
CHANGED = [{**item, **CHANGES.get(item["kind"], {})} for item in STACK]
PAYLOADS = {"db": "value"}


@dataclass
class Engine:
    """``gcp_stack`` as a task calls it."""

    cloud: RunningCloud
    project: str = PROJECT

    def __call__(self, resources: list[dict[str, Any]], check: bool = False, **options: Any) -> dict[str, Any]:
        return run_stack(self.arguments(resources, **options), check)

    def arguments(self, resources: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
        """The options of a task, with the defaults of its spec."""
        defaults = {
            "cloud": {
                "project": self.project,
                "endpoint": f"https://127.0.0.1:{self.cloud.port}/{{service}}",
                "ca_file": str(self.cloud.ca_file),
                "auth": {"kind": "access_token", "token": self.cloud.token},
                "request_timeout": 2.0,
            },
            "resources": resources,
            "state": "present",
            "labels": {},
            "payloads": {},
            "unprotect": False,
            "timeout": 60.0,
            "outputs": {},
            "prune": False,
            "prune_prefix": None,
            "parallel": 8,
        }
        return {**defaults, **options}

    def connection(self, cloud: dict[str, Any], cluster: str) -> dict[str, Any]:
        """``gcp_cluster_connection`` as a task calls it."""
        place = {"location": "europe-west1", "cluster": cluster, "access": "direct", "proxy": None}
        return run_connection(settings(cloud), place, check=False)

    def info(self, resources: list[dict[str, Any]]) -> dict[str, Any]:
        """``gcp_stack_info`` as a task calls it: what is live, by key."""
        args = self.arguments(resources, permissions=[])
        live: dict[str, Any] = run_info(cloud_settings(args), args)["live"]
        return live

    def stored(self) -> list[str]:
        """The keys of all that exists, operations and enabled services apart."""
        found = self.cloud.admin("GET", "resources")["resources"]
        return sorted(
            item["key"] for item in found if item["kind"] not in ("project", "serviceusage.service", "iam.policy")
        )


def cases(project: str = PROJECT) -> dict[str, dict[str, Any]]:
    """The table of kinds: what each needs, what is desired, a change, and an immutable change."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(KINDS_TABLE.read_text().replace(PROJECT, project))
    return loaded


def by_key(result: dict[str, Any], key: str) -> dict[str, Any]:
    """One resource's entry of a result."""
    return next(entry for entry in result["resources"] if entry["key"] == key)


def attempt(engine: Engine, resources: list[dict[str, Any]], **options: Any) -> str:
    """What a run came to: converged, or the words of its failure."""
    try:
        engine(resources, payloads=PAYLOADS, **options)
    except PlatformError as error:
        assert len(error.message) > 20, "a failure says what failed"
        return error.message
    return "converged"


LIFE: dict[str, dict[str, Any]] = {
    "creation": {"resources": STACK},
    "change": {"resources": CHANGED},
    "no-op": {"resources": CHANGED},
    "removal": {"resources": CHANGED, "state": "absent"},
}


def live(engine: Engine, expected: list[str]) -> list[str]:
    """A stack's whole life; whatever fails is run once more. The failures, by phase."""
    failures = []
    for phase, options in LIFE.items():
        outcome = attempt(engine, **options)
        if outcome != "converged":
            failures.append(f"{phase}: {outcome}")
            assert attempt(engine, **options) == "converged", failures
        wanted, found = set() if phase == "removal" else set(expected), set(engine.stored())
        assert found == wanted, f"{phase}: missing {wanted - found}, beside it {found - wanted}; {failures}"
        if phase in ("change", "removal"):
            settled(engine, options)
    return failures


def settled(engine: Engine, options: dict[str, Any]) -> None:
    """Another run sends no change."""
    again = engine(payloads=PAYLOADS, **options)
    assert again["mutations"] == 0, again["diff"]


def reference(engine: Engine) -> tuple[int, list[str]]:
    """How many requests a life without a fault takes, and what exists in it."""
    engine(STACK, payloads=PAYLOADS)
    expected = engine.stored()
    engine.cloud.admin("DELETE", "resources")
    engine.cloud.admin("DELETE", "requests")
    assert live(engine, expected) == []
    return len(engine.cloud.admin("GET", "requests")["requests"]), expected
