# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A layer's objects as files of a folder in Git, and the commit that makes them so. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import dump, load_all
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import is_secret
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, key_of

Files = dict[str, bytes]

# By this and nothing else Argo knows an object as its own. It is declared, so one that somebody copied is drift.
# https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
TRACKING = "argocd.argoproj.io/tracking-id"
README = "README.md"
_ABOUT = "Rendered by pingpong.platform from an inventory. What is changed here by hand, the next run sets back.\n"
_CLUSTER_WIDE = "cluster"
_AUTHOR = "pingpong.platform <pingpong.platform@localhost>"


@dataclass(frozen=True)
class Changes:
    """What a commit would do to the folder: by path what is written, and what was there before."""

    written: Files
    removed: Files
    before: Files

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


def tracked(obj: Object, application: str) -> Object:
    """The object with the annotation that Argo gives to what an Application of its own namespace holds."""
    key = key_of(obj)
    mark = f"{application}:{key.group}/{key.kind}:{key.namespace}/{key.name}"
    metadata = obj["metadata"]
    return {**obj, "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), TRACKING: mark}}}


def desired_files(objects: Iterable[Object], folder: str) -> Files:
    """A file for each object, and one that says whose they are; an OptionError for a Secret, which Git never gets."""
    files = {f"{folder}/{README}": _ABOUT.encode()}
    for obj in objects:
        key = key_of(obj)
        if is_secret(obj):
            raise OptionError(f"{key}: found a Secret, expected none: what is committed can be read for ever")
        kind = f"{key.kind}.{key.group}" if key.group else key.kind
        files[f"{folder}/{key.namespace or _CLUSTER_WIDE}/{kind.lower()}-{key.name}.yaml"] = dump(obj).encode()
    return files


def changes(desired: Files, live: Files) -> Changes:
    """What makes the folder hold ``desired`` and nothing else; both by their path in the repository."""
    return Changes(
        written={path: content for path, content in desired.items() if live.get(path) != content},
        removed={path: content for path, content in live.items() if path not in desired},
        before={path: content for path, content in live.items() if path in desired},
    )


def commit_stream(change: Changes, *, branch: str, parent: str | None, message: str, now: int) -> bytes:
    """The commit as ``git fast-import`` reads it; ``now`` in seconds since 1970, ``parent`` a commit's full name."""
    text = message.encode()
    head = f"commit refs/heads/{branch}\ncommitter {_AUTHOR} {now} +0000\ndata {len(text)}\n".encode() + text + b"\n"
    parts = [head + (f"from {parent}\n".encode() if parent else b"")]
    for path, content in sorted(change.written.items()):
        parts.append(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    parts += [f"D {path}\n".encode() for path in sorted(change.removed)]
    return b"".join(parts)


def message(layer: str, folder: str, change: Changes) -> str:
    """What the commit is called, and which objects it is about."""
    lines = [f"{item['action']} {item['kind']} {item['namespace']}/{item['name']}" for item in entries(change)]
    return f"Declare {layer} of {folder}\n\n" + "\n".join(lines) + "\n"


def entries(change: Changes) -> list[dict[str, Any]]:
    """What the commit does, an entry an object: kind, namespace, name, action (created, updated, deleted) and path."""
    written = [
        _entry(path, content, "updated" if path in change.before else "created")
        for path, content in sorted(change.written.items())
    ]
    return written + [_entry(path, content, "deleted") for path, content in sorted(change.removed.items())]


def differences(change: Changes) -> list[dict[str, str]]:
    """A diff for each file, under its path."""
    before = {path: change.before[path] for path in change.written if path in change.before} | change.removed
    return [
        {
            "before": before.get(path, b"").decode("utf-8", "replace"),
            "after": change.written.get(path, b"").decode("utf-8", "replace"),
            "before_header": path,
            "after_header": path,
        }
        for path in sorted({*change.written, *change.removed})
    ]


def _entry(path: str, content: bytes, action: str) -> dict[str, Any]:
    try:
        key = key_of(load_all(content.decode())[0])
        about = {"kind": key.kind, "namespace": key.namespace, "name": key.name}
    except (IndexError, KeyError, TypeError, ValueError):
        # The note on whose files they are, or what somebody put beside them.
        about = {"kind": "File", "namespace": "", "name": path}
    return {**about, "action": action, "path": path}
