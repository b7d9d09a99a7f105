# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One Lease per environment and layer: the lock of the run that changes it, and the record of where its objects are.

The record (kinds and namespaces) is written before the objects are, so that a run killed in between leaves nothing
that a later prune would not find.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import (
    DeadlineError,
    OptionError,
    PlatformError,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    ENVIRONMENT,
    FIELD_MANAGER,
    MANAGED_BY,
    ListScope,
    Object,
    Owner,
)

HOLDS = "pingpong.platform/holds"
RECORD = "pingpong.platform/record"
_API = ("coordination.k8s.io/v1", "Lease")
DURATION = 30.0
# A renewal this old is over whatever the clocks say to each other.
_LONG_EXPIRED = 600.0


def record_name(owner: Owner) -> str:
    """The Lease's name."""
    return f"{FIELD_MANAGER}.{owner.environment}.{owner.layer}"


def recorded_scopes(lease: Object | None) -> set[ListScope]:
    """The kinds and namespaces that a Lease records, empty when it is unreadable or not there."""
    text = ((lease or {}).get("metadata") or {}).get("annotations", {}).get(HOLDS)
    try:
        return {ListScope(*entry) for entry in json.loads(text)} if text else set()
    except (ValueError, TypeError):
        return set()


def other_layers(client: ClusterClient, owner: Owner, namespace: str) -> dict[str, set[ListScope]]:
    """What the other layers of every environment on this cluster hold, by ``environment/layer``."""
    leases = client.list(*_API, namespace, label_selector=f"{MANAGED_BY}={FIELD_MANAGER},{RECORD}")
    held = {}
    for lease in leases:
        labels = lease["metadata"]["labels"]
        theirs = Owner(labels.get(ENVIRONMENT, ""), labels[RECORD])
        if theirs != owner:
            held["/".join(theirs)] = recorded_scopes(lease)
    return held


class Record:
    """The Lease of one owner. ``acquire`` before the first write, ``release`` (or ``erase``) after the last."""

    def __init__(self, client: ClusterClient, owner: Owner, namespace: str, *, duration: float = DURATION) -> None:
        self._client = client
        self._owner = owner
        self._namespace = namespace
        self._duration = duration
        self._holder = f"{socket.gethostname()}/{os.getpid()}/{random.randrange(16**8):08x}"  # noqa: S311
        self._lease: Object | None = None
        self._stop = threading.Event()
        self._renewing: threading.Thread | None = None
        self.lost: str | None = None

    def read(self) -> Object | None:
        """The Lease as it is, None when this owner never wrote anything (or was erased)."""
        return self._client.get(*_API, record_name(self._owner), self._namespace)

    def acquire(self, scopes: Iterable[ListScope], timeout: float) -> bool:
        """Take the lock and note ``scopes`` beside those already noted; True when another held it meanwhile.

        A holder that has not renewed for its lease's duration, or whose process on this host has ended, is gone.
        DeadlineError names the holder when it keeps the lock beyond ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        seen: tuple[str, float] = ("", 0.0)
        waited = False
        while True:
            lease = self.read()
            holder = _holder(lease)
            if holder and holder != self._holder and not _holder_exited(holder) and not _long_expired(lease):
                renewed = str((lease or {})["spec"].get("renewTime"))
                # Measured by our own clock: the holder's may be off.
                if seen[0] != renewed:
                    seen = (renewed, time.monotonic())
                expiry = float((lease or {})["spec"].get("leaseDurationSeconds") or self._duration)
                if time.monotonic() - seen[1] < expiry:
                    if time.monotonic() > deadline:
                        raise DeadlineError(
                            f"layer {self._owner.layer} of {self._owner.environment} is being changed by {holder} "
                            f"(Lease {self._namespace}/{record_name(self._owner)}, renewed {renewed}); "
                            f"waited {timeout:g} seconds"
                        )
                    waited = True
                    time.sleep(0.5 + random.random() / 2)  # noqa: S311
                    continue
            if self._write(lease, recorded_scopes(lease) | set(scopes), self._holder):
                break
            waited = True
        self._renewing = threading.Thread(target=self._renew, daemon=True)
        self._renewing.start()
        return waited

    def check(self) -> None:
        """PlatformError when the lock was lost to another run: what follows must not be written."""
        if self.lost is not None:
            raise PlatformError(f"the lock of layer {self._owner.layer} was lost: {self.lost}; run again")

    def release(self, scopes: Iterable[ListScope] | None = None) -> None:
        """Give the lock back; ``scopes`` replaces what is noted."""
        if self._end_renewing() and self._lease is not None:
            noted = recorded_scopes(self._lease) if scopes is None else set(scopes)
            self._write(self._lease, noted, "")
            self._lease = None

    def erase(self) -> None:
        """Delete the Lease: this owner has nothing left."""
        if self._end_renewing() and self._lease is not None:
            self._client.delete(*_API, record_name(self._owner), self._namespace, uid=self._lease["metadata"]["uid"])
            self._lease = None

    def _end_renewing(self) -> bool:
        self._stop.set()
        if self._renewing is not None:
            self._renewing.join()
        return self.lost is None

    def _renew(self) -> None:
        while not self._stop.wait(self._duration / 3):
            lease = self._lease
            try:
                if lease is None or not self._write(lease, recorded_scopes(lease), self._holder):
                    self.lost = "another run took it"
                    return
            except PlatformError as error:
                self.lost = error.message
                return

    def _write(self, lease: Object | None, scopes: set[ListScope], holder: str) -> bool:
        """Write the Lease over the version read; False when someone else was quicker."""
        body = self._body(lease, scopes, holder)
        try:
            self._lease = self._client.replace(body) if lease is not None else self._client.create(body)
        except ApiError as error:
            if error.status == 409 or (error.status == 404 and lease is not None):
                # A lost answer makes our own write look like another's.
                current = self.read()
                if holder and _holder(current) == holder:
                    self._lease = current
                    return True
                return False
            if error.status == 404:
                raise OptionError(
                    f"record_namespace: there is no namespace {self._namespace}; it must exist before the layer does"
                ) from None
            raise
        return not holder or _holder(self._lease) == holder

    def _body(self, lease: Object | None, scopes: set[ListScope], holder: str) -> Object:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec: dict[str, Any] = {"leaseDurationSeconds": int(self._duration), "renewTime": now}
        if holder:
            spec |= {"holderIdentity": holder, "acquireTime": now}
        metadata: dict[str, Any] = {
            "name": record_name(self._owner),
            "namespace": self._namespace,
            "labels": {
                MANAGED_BY: FIELD_MANAGER,
                ENVIRONMENT: self._owner.environment,
                RECORD: self._owner.layer,
            },
            "annotations": {HOLDS: json.dumps(sorted(scopes))},
        }
        if lease is not None:
            metadata["resourceVersion"] = lease["metadata"]["resourceVersion"]
        return {"apiVersion": _API[0], "kind": _API[1], "metadata": metadata, "spec": spec}


def _holder(lease: Object | None) -> str:
    return str(((lease or {}).get("spec") or {}).get("holderIdentity") or "")


def _long_expired(lease: Object | None) -> bool:
    try:
        renewed = datetime.fromisoformat(str((lease or {})["spec"].get("renewTime")))
    except ValueError:
        return True
    return (datetime.now(UTC) - renewed).total_seconds() > _LONG_EXPIRED


def _holder_exited(holder: str) -> bool:
    """Whether the holder is a process of this very host that is no more."""
    host, _unused, rest = holder.partition("/")
    pid = rest.partition("/")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
