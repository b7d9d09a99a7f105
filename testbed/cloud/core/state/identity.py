"""Who asks: the one who runs the local cloud, or a pod's service account with a token of its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from testbed.cloud.core.protocol.values import project_number


@dataclass(frozen=True)
class Workload:
    """A Kubernetes service account in a project's workload identity pool; ``cluster`` is the cluster's URL."""

    project: str
    namespace: str
    account: str
    cluster: str

    @property
    def members(self) -> frozenset[str]:
        """The members of IAM policies that mean it: https://cloud.google.com/iam/docs/principal-identifiers"""
        number, pool = project_number(self.project), f"{self.project}.svc.id.goog"
        here = f"//iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{pool}"
        return frozenset({
            f"principal:{here}/subject/ns/{self.namespace}/sa/{self.account}",
            f"principalSet:{here}/namespace/{self.namespace}",
            f"principalSet:{here}/kubernetes.cluster/{self.cluster}",
            f"serviceAccount:{pool}[{self.namespace}/{self.account}]",
        })  # fmt: skip


@dataclass
class Grants:
    """The access tokens that workloads were given; gone with the server, for who needs one asks again."""

    given: dict[str, tuple[Workload, float]] = field(default_factory=dict)

    def give(self, workload: Workload, now: float, until: float) -> str:
        """A new token that stands for the workload until then."""
        self.given = {token: grant for token, grant in self.given.items() if grant[1] > now}
        token = f"ya29.d.local-{secrets.token_urlsafe(32)}"
        self.given[token] = (workload, until)
        return token

    def holder(self, token: str, now: float) -> Workload | None:
        """Whom a token stands for; None for one that was never given, or not any more."""
        workload, until = self.given.get(token, (None, 0.0))
        return workload if until > now else None
