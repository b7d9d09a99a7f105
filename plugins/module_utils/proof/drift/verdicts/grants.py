# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What IAM grants beside the declared bindings, and keys of declared service accounts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.iam_policies import (
    members_by_role,
    role_text,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.google import EVERYBODY, is_agent
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.cloud import (
    UNDECLARED,
    none_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import Bench

Bindings = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Policy:
    """A resource's policy: what stacks declare of it beside what is live.

    ``target`` as in ``secret_iam db``; ``own`` where the resource itself is declared, so that nobody else has a say in
    who may use it; ``unread`` says why the live one is not known.
    """

    target: str
    own: bool
    declared: Bindings = ()
    live: Bindings = ()
    unread: str = ""


@dataclass(frozen=True)
class Keys:
    """The keys of a declared service account, as the API lists them."""

    account: str
    live: Sequence[Mapping[str, Any]] = ()
    unread: str = ""


@dataclass(frozen=True)
class Grants:
    """All policies that are looked at, and the declared accounts, by address, of this project."""

    project: str
    policies: Sequence[Policy]
    keys: Sequence[Keys] = ()
    accounts: Collection[str] = field(default=frozenset())

    def concern(self, member: str) -> bool:
        """Whether a member is a declared account, a workload of the project's clusters, or everybody.

        https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity#principal-id-examples
        """
        pool = f"{self.project}.svc.id.goog"
        return (
            member in EVERYBODY
            or member.removeprefix("serviceAccount:") in self.accounts
            or member.startswith(f"serviceAccount:{pool}[")
            or f"/workloadIdentityPools/{pool}/" in f"{member}/"
        )


def grant_cells(bench: Bench, grants: Grants, gaps: Sequence[str]) -> Iterator[Cell]:
    """A cell for each undeclared binding and key; one for each policy and account that has none."""
    for policy in grants.policies:
        found = [(f"{policy.target}/{role}/{member}", "it is granted, and nothing that was planned declares it")
                 for role, member in undeclared_grants(policy, grants)]  # fmt: skip
        seen = sum(len(binding.get("members") or ()) for binding in policy.live)
        yield from _known(bench, gaps, policy.target, found, seen, policy.unread)
    for keys in grants.keys:
        made = [str(key["name"]).rpartition("/")[2] for key in keys.live
                if key.get("keyType", "USER_MANAGED") == "USER_MANAGED" and not key.get("disabled")]  # fmt: skip
        why = "whoever has the file is that account until somebody deletes the key"
        found = [(f"service_account_key {keys.account}/{name}", why) for name in made]
        yield from _known(bench, gaps, f"service_account_key {keys.account}", found, len(keys.live), keys.unread)


def undeclared_grants(policy: Policy, grants: Grants) -> Iterator[tuple[str, str]]:
    """Roles and members of a live policy that count and that no stack declares.

    Of a declared resource every member counts, of others' those that ``Grants.concern``. Google's own agents do not,
    nor accounts that were deleted: nobody can be them.
    """
    declared = members_by_role(policy.declared)
    for key, members in members_by_role(policy.live).items():
        for member in sorted(members - declared.get(key, set())):
            if is_agent(member) or member.startswith("deleted:"):
                continue
            if policy.own or grants.concern(member):
                yield role_text(key), member


def _known(
    bench: Bench, gaps: Sequence[str], target: str, found: Sequence[tuple[str, str]], seen: int, unread: str
) -> Iterator[Cell]:
    if unread:
        yield bench.cell(Judgement("inconclusive", "not known", unread), target, UNDECLARED, "none")
        return
    yield from none_of(bench, gaps, target, found, seen)
