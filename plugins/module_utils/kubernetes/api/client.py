# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The Kubernetes API for everything above: verbs on objects, retried where that is safe, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.connection import Connection
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import Discovery
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec import ExecResult, run_in_container
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.kinds import query_string
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.session import Session
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.transport import ConnectionLost
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    FIELD_MANAGER,
    Object,
    Objects,
    label,
)

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
# YAML by name, but JSON is YAML, and cheaper on both sides.
APPLY_PATCH = "application/apply-patch+yaml"

# Named here because the client's own ``list`` hides the type inside the class.
Failures = list[Exception]


class ClusterClient(Session):
    """The verbs of one cluster's API on objects; may be shared by threads.

    Objects are dicts as the API returns them. Every verb raises an ApiError for a refusal, UnknownKind for a kind
    that the cluster does not serve, and ConnectionLost when the server cannot be reached in the time of the retries.
    """

    def __init__(self, connection: Connection, **options: Any) -> None:
        """The options are those of ``Session``."""
        super().__init__(connection, **options)
        self.discovery = Discovery(lambda path: self.request("GET", path))

    @classmethod
    def from_connection(cls, options: Mapping[str, Any], **kwargs: Any) -> ClusterClient:
        """A client for the option ``connection`` (the host fact ``cluster_connection``)."""
        return cls(Connection.from_dict(options), **kwargs)

    # -- objects ---------------------------------------------------------------------------------------------

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, None when there is none."""
        path = self.discovery.find(api_version, kind).path(namespace, name)
        try:
            return self.request("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        page: int = 500,
    ) -> Objects:
        """All objects of a kind that match, from all namespaces when none is given, fetched in pages."""
        path = self.discovery.find(api_version, kind).path(namespace)
        items: Objects = []
        resume: str | None = None
        while True:
            query = query_string(
                {"labelSelector": label_selector, "fieldSelector": field_selector, "limit": page, "continue": resume}
            )
            try:
                answer = self.request("GET", path + query)
            except ApiError as error:
                # The list's snapshot expired between two pages: begin again.
                if error.status == 410 and resume is not None:
                    items, resume = [], None
                    continue
                raise
            items.extend({"apiVersion": api_version, "kind": kind, **item} for item in answer.get("items") or [])
            resume = (answer.get("metadata") or {}).get("continue")
            if not resume:
                return items

    def apply(
        self,
        obj: Object,
        *,
        force: bool = False,
        dry_run: bool = False,
        manager: str = FIELD_MANAGER,
        strict: bool = True,
    ) -> Object:
        """Server-side apply; an ApiError with ``ownership`` when others own a field and ``force`` is not set."""
        query: dict[str, str | bool | None] = {
            "fieldManager": manager,
            "force": force,
            "dryRun": "All" if dry_run else None,
            "fieldValidation": "Strict" if strict else None,
        }
        return self.request(
            "PATCH",
            self._path_of(obj) + query_string(query),
            obj,
            content_type=APPLY_PATCH,
            conflicts=True,
            what=f"apply {label(obj)}",
        )

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Create an object with a fixed name; a 409 after a broken attempt is our own object and is returned."""
        path = self._path_of(obj)
        collection = path.rsplit("/", 1)[0] + query_string({"dryRun": "All" if dry_run else None})
        broken: Failures = []
        try:
            return self.request("POST", collection, obj, what=f"create {label(obj)}", on_failure=broken.append)
        except ApiError as error:
            if error.reason == "AlreadyExists" and broken:
                return self.request("GET", path)
            raise

    def replace(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Replace an object; its ``resourceVersion``, when set, must be the live one (else an ApiError 409)."""
        query = query_string({"dryRun": "All" if dry_run else None})
        return self.request("PUT", self._path_of(obj) + query, obj, what=f"replace {label(obj)}")

    def set_managed_fields(self, obj: Object, managed_fields: Objects) -> Object:
        """Replace an object's ``managedFields``; an ApiError 409 when it is no longer at its ``resourceVersion``."""
        metadata = obj["metadata"]
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": managed_fields},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
        ]
        path = self._path_of(obj) + query_string({"fieldManager": FIELD_MANAGER})
        return self.request("PATCH", path, patch, content_type=JSON_PATCH, what=f"take over fields of {label(obj)}")

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None,
        patch: Object,
        *,
        subresource: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """JSON merge patch of an object or of its subresource."""
        path = self.discovery.find(api_version, kind).path(namespace, name, subresource)
        query = query_string({"dryRun": "All" if dry_run else None, "fieldManager": FIELD_MANAGER})
        return self.request("PATCH", path + query, patch, content_type=MERGE_PATCH, conflicts=True)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        propagation: str = "Background",
        uid: str | None = None,
        dry_run: bool = False,
    ) -> bool:
        """Ask for the deletion of an object (only the one with ``uid``); False when there is none."""
        path = self.discovery.find(api_version, kind).path(namespace, name)
        options: Object = {"propagationPolicy": propagation}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if dry_run:
            options["dryRun"] = ["All"]
        try:
            self.request("DELETE", path, options)
        except ApiError as error:
            if error.status == 404:
                return False
            # A namespace that is already being emptied, or another object under the name of the one that is gone.
            if error.status != 409 or not self._terminating_or_replaced(path, uid):
                raise
        return True

    def _terminating_or_replaced(self, path: str, uid: str | None) -> bool:
        metadata = self.request("GET", path)["metadata"]
        return "deletionTimestamp" in metadata or (uid is not None and metadata["uid"] != uid)

    # -- pods ------------------------------------------------------------------------------------------------

    def exec(
        self,
        namespace: str,
        pod: str,
        container: str | None,
        argv: Sequence[str],
        stdin: bytes | str | None = None,
        timeout: float = 60.0,
    ) -> ExecResult:
        """Run a program in a container: ``(rc, stdout, stderr)``, texts; DeadlineError after ``timeout`` seconds.

        Only a connection that was refused before the program started is tried again.
        """
        self.count()
        return self.authorized(
            lambda: self.retry.call(
                lambda: run_in_container(self.transport, namespace, pod, container, argv, stdin, timeout),
                retryable=lambda error: isinstance(error, ConnectionLost) and not error.sent,
                on_retry=lambda *_: self.count(),
            )
        )

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str | None = None,
        *,
        tail: int | None = None,
        previous: bool = False,
        since_seconds: int | None = None,
    ) -> str:
        """A container's log as text."""
        query = query_string(
            {"container": container, "tailLines": tail, "previous": previous, "sinceSeconds": since_seconds}
        )
        path = self.discovery.find("v1", "Pod").path(namespace, pod, "log")
        return self.send("GET", path + query).body.decode("utf-8", "replace")

    def _path_of(self, obj: Object) -> str:
        metadata = obj["metadata"]
        resource = self.discovery.find(obj["apiVersion"], obj["kind"])
        return resource.path(metadata.get("namespace"), metadata["name"])
