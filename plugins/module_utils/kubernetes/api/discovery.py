# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Discovery of kinds: Kubernetes' own by table, the others read once from the API server and cached."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.kinds import BUILT_IN, Resource

_KUBERNETES_VERSIONS = frozenset(api_version for api_version, _unused in BUILT_IN)

Fetch = Callable[[str], dict[str, Any]]


class UnknownKind(PlatformError):
    """The API server does not serve this kind (yet)."""


class Discovery:
    """A cache in memory; a miss asks the server again, so that a kind that has just been defined is found."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Resource] = dict(BUILT_IN)

    def add_definitions(self, objects: Iterable[dict[str, Any]]) -> None:
        """Take the kinds from CustomResourceDefinitions at hand: no request is needed."""
        found = {}
        for crd in objects:
            # The server refuses a malformed one, and says why.
            with contextlib.suppress(AttributeError, TypeError):
                found.update(_defined(crd) if crd.get("kind") == "CustomResourceDefinition" else {})
        with self._lock:
            self._known.update(found)

    def find(self, api_version: str, kind: str) -> Resource:
        """The resource of a kind; UnknownKind when the server, read again, does not serve it."""
        known = self._known.get((api_version, kind))
        if known is not None:
            return known
        with self._lock:
            kinds = self._ask(api_version)
        known = self._known.get((api_version, kind))
        if known is None:
            served = f"it serves {', '.join(kinds)} there" if kinds else "it serves nothing there"
            raise UnknownKind(f"{kind} in {api_version} is not served by the cluster ({served})")
        return known

    def namespaced(self, api_version: str, kind: str) -> bool | None:
        """Whether objects of the kind live in namespaces, None while the kind is unknown to the server.

        Kubernetes' own versions get no kinds later: a kind that is unknown there is a mistake.
        """
        try:
            return self.find(api_version, kind).namespaced
        except UnknownKind:
            if api_version in _KUBERNETES_VERSIONS:
                raise
            return None

    def listable_kinds(self) -> list[Resource]:
        """Every kind that can be listed and deleted, in its preferred version: a request for each group.

        A group of an aggregated API whose server is away (503) is left out: what depends on nobody else must not wait
        for it, least of all the run that would mend it.
        """
        versions = ["v1"]
        for group in self._fetch("/apis").get("groups") or []:
            versions.append(group["preferredVersion"]["groupVersion"])
        found = []
        for version in versions:
            root = "/api/" if "/" not in version else "/apis/"
            for item in self._resources(root + version):
                if "/" not in item["name"] and {"list", "delete"} <= set(item.get("verbs") or []):
                    found.append(Resource(version, item["kind"], item["name"], bool(item["namespaced"])))
        return found

    def _resources(self, path: str) -> list[dict[str, Any]]:
        try:
            return self._fetch(path).get("resources") or []
        except ApiError as error:
            if error.status == 503:
                return []
            raise

    def _ask(self, api_version: str) -> list[str]:
        root = "/api/" if "/" not in api_version else "/apis/"
        try:
            answer = self._fetch(root + api_version)
        except ApiError as error:
            if error.status == 404:
                return []
            raise
        kinds = []
        for item in answer.get("resources") or []:
            if "/" in item["name"]:
                continue
            kinds.append(item["kind"])
            self._known[api_version, item["kind"]] = Resource(
                api_version, item["kind"], item["name"], bool(item["namespaced"])
            )
        return sorted(kinds)


def _defined(crd: Mapping[str, Any]) -> dict[tuple[str, str], Resource]:
    """The kinds that a CustomResourceDefinition serves."""
    spec = crd.get("spec") or {}
    names = spec.get("names") or {}
    kind, plural = names.get("kind"), names.get("plural")
    served = [
        f"{spec.get('group')}/{version.get('name')}" for version in spec.get("versions") or [] if version.get("served")
    ]
    if not (kind and plural):
        return {}
    return {
        (one, str(kind)): Resource(one, str(kind), str(plural), spec.get("scope") == "Namespaced") for one in served
    }
