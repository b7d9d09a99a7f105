# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Wait until Argo CD has applied a commit in a cluster, and until what it applied is ready."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.gitops import argo
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.plan import list_scopes, split_managed
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    DESIRED_HASH,
    Key,
    ListScope,
    Object,
    Objects,
    Owner,
    key_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import State
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.waiter import (
    Waiter,
    WaitOptions,
    keys_of,
    list_scope,
)


class Sync:
    """An Application of a cluster, and the objects that it is to hold.

    ``wait`` returns when they are ready; PlatformError with what Argo says when it gave up, DeadlineError when the
    time of ``options`` is over.
    """

    def __init__(
        self, client: ClusterClient, owner: Owner, application: tuple[str, str], desired: Objects, options: WaitOptions
    ) -> None:
        """``application``: its namespace and name."""
        self._client = client
        self._owner = owner
        self._namespace, self._name = application
        self._desired = desired
        self._options = options

    def wait(self, commit: str) -> None:
        """Until all is as ``commit`` says, and ready."""
        deadline = self._options.clock() + self._options.timeout
        asked = False
        while pending := self._pending(commit):
            if self._options.clock() >= deadline:
                raise DeadlineError(f"not synced within {self._options.timeout:g} seconds: {self._label}: {pending}")
            if not asked:
                self._refresh()
                asked = True
            self._options.sleep(self._options.interval)
        self._hand_over()
        remaining = max(0.0, deadline - self._options.clock())
        waiter = Waiter(self._client, self._live, WaitOptions(remaining, self._options.interval))
        waiter.until_ready(keys_of(self._desired), {}, probe=False)

    @property
    def _label(self) -> str:
        return f"{argo.KIND} {self._namespace}/{self._name}"

    def _pending(self, commit: str) -> str:
        """What is not as declared yet; empty when everything is."""
        application = self._application()
        if application is None:
            return "it does not exist; platform.yml makes it"
        state, said = argo.synced(application, commit, {key_of(obj) for obj in self._desired})
        if state is State.FAILED:
            raise PlatformError(f"{self._label} could not be synced to {commit[:12]}: {said}")
        return said or self._outdated(argo.complaints(application))

    def _application(self) -> Object | None:
        try:
            return self._client.get(argo.API_VERSION, argo.KIND, self._name, self._namespace)
        except UnknownKind:
            return None

    def _outdated(self, complaints: str) -> str:
        """Argo may not have seen the commit yet: the objects themselves say which state was applied last."""
        live = self._live(list_scopes(self._desired))
        outdated = [str(key_of(obj)) for obj in self._desired if _mark(live.get(key_of(obj))) != _mark(obj)]
        if not outdated:
            return ""
        return f"it has not applied {', '.join(outdated[:5])}" + (f": {complaints}" if complaints else "")

    def _live(self, scopes: Iterable[ListScope]) -> dict[Key, Object]:
        found = (list_scope(self._client, scope, self._owner.selector) for scope in scopes)
        return {key_of(obj): obj for objects in found for obj in objects}

    def _hand_over(self) -> None:
        """Give up what ``k8s_apply`` applied before: what is in no commit any more, it alone would keep alive."""
        applied, _others = split_managed(self._live(list_scopes(self._desired)).values())
        for obj in applied:
            metadata = {name: obj["metadata"][name] for name in ("name", "namespace") if obj["metadata"].get(name)}
            self._client.apply({"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata})

    def _refresh(self) -> None:
        if self._application() is not None:
            patch = {"metadata": {"annotations": {argo.REFRESH: "normal"}}}
            self._client.patch(argo.API_VERSION, argo.KIND, self._name, self._namespace, patch)


def _mark(obj: Object | None) -> str | None:
    return ((obj or {}).get("metadata", {}).get("annotations") or {}).get(DESIRED_HASH)
