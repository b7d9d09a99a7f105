# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The form of the tables of what a cluster has by nature, and whether an object is in them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key, Object, key_of

AGGREGATES = "rbac.authorization.k8s.io/aggregate-to-"
_LOOPBACK = ("https://localhost:", "https://127.0.0.1:")


class Tables(NamedTuple):
    """Tables as text, a row a line.

    ``objects``: ``Kind [namespace]: name pattern …``. ``bindings``: ``[namespace/]name -> role: subject …`` with
    subjects such as ``Group:system:nodes`` and ``kube-system/coredns`` for a service account; ``*`` in the name stands
    for the same text in role and subjects. ``grants``: ``role: verb resource …``, all that this role may grant.
    """

    objects: str = ""
    bindings: str = ""
    grants: str = ""


class Binding(NamedTuple):
    """One row of bindings."""

    place: str
    role: str
    subjects: frozenset[str]


@dataclass(frozen=True)
class System:
    """All tables, read."""

    objects: tuple[tuple[str, str, str], ...]
    bindings: tuple[Binding, ...]
    grants: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, *tables: Tables) -> System:
        """The tables as one."""
        return cls(
            objects=tuple(row for table in tables for row in _objects(table.objects)),
            bindings=tuple(row for table in tables for row in _bindings(table.bindings)),
            grants={role: allowed for table in tables for role, allowed in _grants(table.grants)},
        )

    @property
    def namespaces(self) -> frozenset[str]:
        """Patterns of the system's namespaces."""
        return frozenset(name for kind, _unused, name in self.objects if kind == "Namespace")

    def owns(self, obj: Object) -> bool:
        """Whether the cluster has this object by nature, as it is."""
        key = key_of(obj)
        if key.kind in ("RoleBinding", "ClusterRoleBinding"):
            return any(_is(row, key, obj) for row in self.bindings)
        if not any(_named(row, key) for row in self.objects):
            return False
        if key.kind == "ServiceAccount":
            return not carries_credentials(obj)
        if key.kind in ("Role", "ClusterRole"):
            return self._grants_no_more(key, obj)
        if key.kind.endswith("WebhookConfiguration"):
            return all(self._inward(hook.get("clientConfig") or {}) for hook in obj.get("webhooks") or [])
        return True

    def _grants_no_more(self, key: Key, role: Object) -> bool:
        allowed = self.grants.get(key.name)
        if allowed is not None:
            return granted(role) <= allowed
        # What is aggregated reaches whoever is bound to the role that aggregates it: by exact name alone.
        aggregates = any(label.startswith(AGGREGATES) for label in role["metadata"].get("labels") or {})
        return not aggregates or (key.kind, key.namespace, key.name) in self.objects

    def _inward(self, config: Mapping[str, Any]) -> bool:
        if config.get("url"):
            return str(config["url"]).startswith(_LOOPBACK)
        namespace = str((config.get("service") or {}).get("namespace") or "")
        return any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)


def carries_credentials(account: Mapping[str, Any]) -> bool:
    """Whether a service account has a token that stays, or is one of Google Cloud's as well."""
    # https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    annotations = account["metadata"].get("annotations") or {}
    return bool(account.get("secrets")) or "iam.gke.io/gcp-service-account" in annotations


def granted(role: Mapping[str, Any]) -> frozenset[str]:
    """What a role grants, as ``verb resource.group`` or ``verb /path``."""
    found = set()
    for rule in role.get("rules") or []:
        names = [f"{resource}.{group}" if group else resource
                 for group in rule.get("apiGroups") or [] for resource in rule.get("resources") or []]  # fmt: skip
        found |= {f"{verb} {name}" for verb in rule.get("verbs") or []
                  for name in (*names, *(rule.get("nonResourceURLs") or []))}  # fmt: skip
    return frozenset(found)


def subjects_of(binding: Mapping[str, Any]) -> frozenset[str]:
    """The subjects of a binding, as the tables write them."""
    place = binding["metadata"].get("namespace") or ""
    return frozenset(
        f"{subject.get('namespace') or place}/{subject.get('name')}"
        if subject.get("kind") == "ServiceAccount"
        else f"{subject.get('kind')}:{subject.get('name')}"
        for subject in binding.get("subjects") or []
    )


def _is(row: Binding, key: Key, obj: Object) -> bool:
    place = f"{key.namespace}/{key.name}" if key.namespace else key.name
    before, star, _unused = row.place.partition("*")
    if not (place.startswith(before) if star else place == row.place):
        return False
    rest = place.removeprefix(before)
    subjects = {subject.replace("*", rest) for subject in row.subjects}
    role = (obj.get("roleRef") or {}).get("name")
    return bool(role == row.role.replace("*", rest) and subjects_of(obj) <= subjects)


def _named(row: tuple[str, str, str], key: Key) -> bool:
    kind, namespace, name = row
    return kind == key.kind and fnmatchcase(key.namespace, namespace) and fnmatchcase(key.name, name)


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    """Rows of a table; what is indented goes on with the row before it."""
    for line in text.replace("\n  ", " ").strip().splitlines():
        head, _unused, rest = line.partition(": ")
        yield head.strip(), rest.split()


def _objects(text: str) -> Iterator[tuple[str, str, str]]:
    for head, names in _lines(text):
        kind, _unused, namespace = head.partition(" ")
        yield from ((kind, namespace, name) for name in names)


def _bindings(text: str) -> Iterator[Binding]:
    for head, subjects in _lines(text):
        place, _unused, role = head.partition(" -> ")
        yield Binding(place, role, frozenset(subjects))


def _grants(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    for role, words in _lines(text):
        yield role, frozenset(f"{verb} {name}" for verb, name in _pairs(words))


def _pairs(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    verb = ""
    for word in words:
        if word.endswith("="):
            verb = word[:-1]
        else:
            yield verb, word
