"""The edge of a running platform as clients meet it: where it is, whom they trust, and a load that counts answers."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

NAMESPACE, HOST = "istio-ingress", "test.localdev.me"
Object = dict[str, Any]


def only(client: ClusterClient, version: str, kind: str) -> Object:
    """The one object of a kind beside the mesh's gateway."""
    (found,) = client.list(version, kind, NAMESPACE)
    return found


@dataclass(frozen=True)
class Entrance:
    """The load balancer's address, and the authority (PEM) of the certificate that it shows."""

    address: str
    authority: str

    @classmethod
    def of(cls, client: ClusterClient) -> Entrance:
        """As one cluster's Gateway has it."""
        gateway = only(client, "gateway.networking.k8s.io/v1", "Gateway")
        trusted = client.get("v1", "ConfigMap", f"{gateway['metadata']['name']}-backend", NAMESPACE)
        assert trusted is not None
        return cls(gateway["status"]["addresses"][0]["value"], trusted["data"]["ca.crt"])


@dataclass
class Clients:
    """A bounded load: each request on a connection of its own, one after the other; ``counts`` by what came back."""

    entrance: Entrance
    limit: int = 20000
    pause: float = 0.1  # seconds
    counts: Counter[str] = field(default_factory=Counter)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def asking(self) -> Iterator[Clients]:
        thread = threading.Thread(target=self._ask, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            thread.join(30)

    @property
    def served(self) -> int:
        return self.counts["200 pong"]

    @property
    def lost(self) -> int:
        return self.counts.total() - self.served

    def _ask(self) -> None:
        context = ssl.create_default_context(cadata=self.entrance.authority)
        for _number in range(self.limit):
            if self._stopped.wait(self.pause):
                return
            self.counts[self._answer(context)] += 1

    def _answer(self, context: ssl.SSLContext) -> str:
        connection = http.client.HTTPConnection(HOST, timeout=10)
        try:
            plain = socket.create_connection((self.entrance.address, 443), timeout=10)
            connection.sock = context.wrap_socket(plain, server_hostname=HOST)
            connection.request("GET", "/ping")
            answer = connection.getresponse()
            return f"{answer.status} {answer.read().decode().strip()}"
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()
