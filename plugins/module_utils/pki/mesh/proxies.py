# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the mesh's proxies really present and trust, read from each of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec_retry import (
    UNREADABLE,
    exec_with_retry,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import (
    fingerprint,
    load_certificates,
    order_chain,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Proxy

with suppress(ImportError):  # see libraries.require
    from cryptography import x509

CONTAINER = "istio-proxy"
ROOT_CONFIG_MAP, ROOT_FIELD = "istio-ca-root-cert", "root-cert.pem"
SECRETS = ("pilot-agent", "request", "GET", "config_dump?resource=dynamic_active_secrets")
UPSTREAM_ROOT = ("cat", "/var/run/secrets/istio/root-cert.pem")
# The kubelet refreshes what it mounts once a minute, and caches for a while before that.
KUBELET_DELAY = timedelta(minutes=3)
THREADS = 8


class Api(Protocol):
    """What is used of a cluster's client."""

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None: ...

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> list[dict[str, Any]]: ...

    def exec(
        self,
        namespace: str,
        pod: str,
        container: str | None,
        argv: Sequence[str],
        stdin: bytes | str | None = None,
        timeout: float = 60.0,
    ) -> tuple[int, str, str]: ...


@dataclass(frozen=True, slots=True)
class ProxyQuery:
    """What is read from the proxies: ``roots`` are known, to complete chains with; those in ``skip`` are not read.

    With ``upstream``, also what istiod is verified with. Each of the two costs an exec into the proxy.
    """

    roots: Sequence[x509.Certificate] = ()
    upstream: bool = False
    skip: frozenset[tuple[str, str]] = frozenset()


def observe(cluster: str, api: Api, query: ProxyQuery) -> list[Proxy]:
    """What each running proxy of a cluster presents and trusts."""
    pods = [
        pod
        for pod in api.list("v1", "Pod", field_selector="status.phase=Running")
        if has_proxy(pod) and (cluster, _title(pod)) not in query.skip
    ]
    with ThreadPoolExecutor(THREADS) as pool:
        return [proxy for proxy in pool.map(lambda pod: _ask(cluster, api, pod, query), pods) if proxy is not None]


def _title(pod: Mapping[str, Any]) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def has_proxy(pod: Mapping[str, Any]) -> bool:
    """Whether a proxy runs in the pod, as a container or as a sidecar among the init containers."""
    status = pod.get("status") or {}
    states = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    mine = [state for state in states if state["name"] == CONTAINER]
    if mine:
        return not any("terminated" in (state.get("state") or {}) for state in mine)
    spec = pod["spec"]
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    return any(container["name"] == CONTAINER for container in containers)


def _ask(cluster: str, api: Api, pod: Mapping[str, Any], query: ProxyQuery) -> Proxy | None:
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]

    def read(code: int, output: str, errors: str) -> Proxy:
        dump = json.loads(_checked(SECRETS, code, output, errors))
        upstream = _upstream(api, namespace, name) if query.upstream else frozenset()
        return Proxy(cluster, _title(pod), upstream=upstream, **read_secrets(dump, query.roots))

    def stays(error: Exception) -> bool:
        return isinstance(error, UNREADABLE) and api.get("v1", "Pod", name, namespace) is not None

    try:
        return exec_with_retry(_program(api, namespace, name, SECRETS), read, stays)
    except UNREADABLE as error:
        return Proxy(cluster, _title(pod), problem=str(error) or type(error).__name__) if stays(error) else None


def _program(api: Api, namespace: str, pod: str, argv: Sequence[str]) -> Callable[[], tuple[int, str, str]]:
    return partial(api.exec, namespace, pod, CONTAINER, argv, timeout=30.0)


def _checked(argv: Sequence[str], code: int, output: str, errors: str) -> str:
    if code != 0 or not output:
        raise PlatformError(f"{argv[0]} ended with {code}: {(errors or output).strip()[:200]}")
    return output


def read_secrets(dump: Mapping[str, Any], roots: Sequence[x509.Certificate]) -> dict[str, Any]:
    """``leaf`` and ``trusted`` from Envoy's dump of its active secrets."""
    leaf: str | None = None
    trusted: frozenset[str] = frozenset()
    for entry in dump.get("configs") or []:
        secret = entry.get("secret") or {}
        if entry.get("name") == "default":
            chain = _certificates(secret["tls_certificate"]["certificate_chain"])
            above = order_chain(chain[0], [*chain[1:], *roots])
            leaf = fingerprint(above[-1] if above else chain[0])
        elif entry.get("name") == "ROOTCA":
            trusted = frozenset(map(fingerprint, _certificates(secret["validation_context"]["trusted_ca"])))
    if leaf is None or not trusted:
        raise PlatformError("it has no certificate or no trusted roots yet")
    return {"leaf": leaf, "trusted": trusted}


def _certificates(source: Mapping[str, str]) -> tuple[x509.Certificate, ...]:
    data = base64.b64decode(source["inline_bytes"]) if "inline_bytes" in source else source["inline_string"].encode()
    return load_certificates("the proxy", data)


def _upstream(api: Api, namespace: str, pod: str) -> frozenset[str]:
    """The roots that the proxy's agent verifies istiod with: a file, mounted from the namespace's config map."""
    try:
        roots = _checked(UPSTREAM_ROOT, *_program(api, namespace, pod, UPSTREAM_ROOT)())
        return frozenset(map(fingerprint, load_certificates("it", roots.encode())))
    except PlatformError:
        # An image without cat: believe the config map once the kubelet must have followed it.
        return settled_roots(api.get("v1", "ConfigMap", ROOT_CONFIG_MAP, namespace), datetime.now(UTC))


def settled_roots(config_map: Mapping[str, Any] | None, now: datetime) -> frozenset[str]:
    """The roots of a config map that has not been changed for a while; none when it has, or is not there."""
    if config_map is None or any(now - when < KUBELET_DELAY for when in _changes(config_map)):
        return frozenset()
    return distributed(config_map)


def distributed(config_map: Mapping[str, Any] | None) -> frozenset[str]:
    """The roots in the config map that istiod keeps in a namespace."""
    text = ((config_map or {}).get("data") or {}).get(ROOT_FIELD)
    return frozenset(map(fingerprint, load_certificates(ROOT_CONFIG_MAP, text.encode()))) if text else frozenset()


def _changes(config_map: Mapping[str, Any]) -> Iterator[datetime]:
    for entry in config_map["metadata"].get("managedFields") or []:
        if entry.get("time"):
            yield datetime.fromisoformat(entry["time"])
