"""How a real cluster's answer becomes GKE's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from testbed.cloud.backend import ClusterRequest
from testbed.cloud.backend.kind import KindBackend


class Clusters:
    """The nodes' interface, remembered."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.asked: list[Any] = []

    def create(self, name: str, **arguments: Any) -> Any:
        self.asked.append((name, arguments))
        return self.get(name)

    def get(self, name: str) -> Any:
        return SimpleNamespace(endpoint=self.endpoint, ca_certificate="PEM", version="v1.34.4", name=name)

    def set_secret_manager(self, name: str, settings: Any) -> None:
        self.asked.append((name, settings))

    def delete(self, name: str) -> None:
        self.asked.append(("delete", name))


def backend(clusters: Clusters) -> KindBackend:
    made = KindBackend.__new__(KindBackend)
    made.clusters = clusters
    return made


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("https://198.51.100.2:6443", "198.51.100.2:6443"),
        ("https://198.51.100.2:443", "198.51.100.2"),
        ("https://198.51.100.2/", "198.51.100.2"),
    ],
)
def test_port_443_goes_without_saying(endpoint: str, shown: str) -> None:
    clusters = Clusters(endpoint)
    wanted = ClusterRequest("primary", "europe-west1", 2, "1.34", {"a": "b"}, {"pool": "p"}, "projects/p/net")
    found = backend(clusters).create(wanted)
    assert (found.endpoint, found.ca_certificate) == (shown, "PEM")
    expected = {"location": "europe-west1", "node_count": 2, "version": "1.34", "labels": {"a": "b"},
                "secret_manager": {"pool": "p"}, "network": "projects/p/net", "dns_cache": False,
                "registry": {}, "preloaded": True, "google": {}, "private_address": ""}  # fmt: skip
    assert clusters.asked == [("primary", expected)]


def test_an_add_on_is_changed_in_the_cluster() -> None:
    clusters = Clusters("https://198.51.100.2")
    backend(clusters).configure("primary", {"pool": "p"})
    backend(clusters).configure("primary", {})
    assert clusters.asked == [("primary", {"pool": "p"}), ("primary", {})]
