# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may do what: primitive roles, accounts' roles and keys, members that are everybody. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import (
    Answer,
    Answers,
    Live,
    Promise,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.bench import Bench
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.google import EVERYBODY

PRIMITIVE = ("roles/owner", "roles/editor", "roles/viewer")
# Google APIs' own agent is an editor of every project: https://cloud.google.com/iam/docs/service-account-types
_AGENT = "@cloudservices.gserviceaccount.com"
_ACCOUNT = "serviceAccount:"


def cells(bench: Bench, answers: Answers, promise: Promise) -> Iterator[Cell]:
    """The project's policy, then each account's roles and keys, then who else is let in to images and buckets."""
    policy, accounts = answers.of("policy"), answers.of("accounts")
    project = f"project {promise.project}"
    bindings = _bindings(policy)
    yield from bench.none_of(policy, project, "primitive roles of service accounts", [
        (f"service_account {member.removeprefix(_ACCOUNT)}", role, "it may do nearly everything in the project")
        for role, members in bindings if role in PRIMITIVE
        for member in members if member.startswith(_ACCOUNT) and not member.endswith(_AGENT)
    ])  # fmt: skip
    yield from _public(bench, policy, project)
    exempted = [
        (project, f"{', '.join(entry['exemptedMembers'])} at {config.get('service')}", "what they do leaves no trace")
        for live in policy.items
        for config in live.get("auditConfigs") or ()
        for entry in config.get("auditLogConfigs") or ()
        if entry.get("exemptedMembers")
    ]
    yield from bench.none_of(policy, project, "exempted from audit logs", exempted)
    yield from _roles(bench, policy, bindings, promise)
    if accounts.unread:
        yield bench.unread(accounts, "service accounts", "user-managed keys", "none")
    for email, answer in sorted(answers.keys.items()):
        yield _keys(bench, email, answer)
    yield from _resources(bench, answers)


def _roles(
    bench: Bench, policy: Answer, bindings: Sequence[tuple[str, Sequence[str]]], promise: Promise
) -> Iterator[Cell]:
    """The declared accounts' roles in the project: those and no other."""
    for name, declared in sorted(promise.accounts.items()):
        email = name if "@" in name else f"{name}@{promise.project}.iam.gserviceaccount.com"
        target, expected = f"service_account {email}", ", ".join(sorted(declared)) or "none"
        if policy.unread:
            yield bench.unread(policy, target, "roles", expected)
            continue
        live = sorted({role for role, members in bindings if f"{_ACCOUNT}{email}" in members})
        extra = [role for role in live if role not in declared]
        why = f"nobody declares {', '.join(extra)}"
        yield bench.holds(not extra, ", ".join(live) or "none", target, "roles", expected, why)


def _keys(bench: Bench, email: str, answer: Answer) -> Cell:
    target, case = f"service_account {email}", "user-managed keys"
    if answer.unread:
        return bench.unread(answer, target, case, "none")
    made = [str(key["name"]).rpartition("/")[2] for key in answer.items
            if key.get("keyType", "USER_MANAGED") == "USER_MANAGED" and not key.get("disabled")]  # fmt: skip
    why = "whoever has the file is that account until somebody deletes the key"
    return bench.holds(not made, ", ".join(made) or "none", target, case, "none", why)


def _resources(bench: Bench, answers: Answers) -> Iterator[Cell]:
    """Buckets and registries that everybody reads; a pass for those that prevent it."""
    for name, answer in sorted(answers.collections.items()):
        if answer.unread and name.startswith(("buckets", "repositories")):
            yield bench.unread(answer, name, "public members", "none")
    for name, answer in sorted(answers.policies.items()):
        yield from _public(bench, answer, name)


def _public(bench: Bench, answer: Answer, target: str) -> Iterator[Cell]:
    found = [(target, f"{member} as {role}", "everybody is let in")
             for role, members in _bindings(answer) for member in members if member in EVERYBODY]  # fmt: skip
    yield from bench.none_of(answer, target, "public members", found)


def _bindings(answer: Answer) -> list[tuple[str, Sequence[str]]]:
    entries: list[Mapping[str, Any]] = [entry for live in answer.items for entry in _list(live)]
    return [(str(entry.get("role")), entry.get("members") or ()) for entry in entries]


def _list(live: Live) -> Sequence[Mapping[str, Any]]:
    bindings: Sequence[Mapping[str, Any]] = live.get("bindings") or ()
    return bindings
