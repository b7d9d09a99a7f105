"""What Google does later than it answers, all scaled by the one setting `lateness` (0: nothing is late).

Each kind has Google's usual seconds and their source; handlers ask `effective` when they write, `late` when they read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from testbed.cloud.core.call import Cloud

Kind = Literal["api", "account", "policy", "settling", "fleet", "startup"]

SECONDS: dict[Kind, float] = {
    # 403 SERVICE_DISABLED for minutes after the enabling operation is done: its own text says "wait a few minutes",
    # https://cloud.google.com/service-usage/docs/enable-disable ; hashicorp/terraform-provider-google#8214
    "api": 60.0,
    # A new service account is not found, or named by no policy, for 60 seconds or more: use exponential backoff,
    # https://cloud.google.com/iam/docs/service-accounts-create ; hashicorp/vault-plugin-secrets-gcp#246
    "account": 60.0,
    # Policy changes take typically two minutes, up to seven and more:
    # https://cloud.google.com/iam/docs/access-change-propagation
    "policy": 120.0,
    # A cluster reconciles for some minutes after a node pool came or went, and takes no other change:
    # https://cloud.google.com/kubernetes-engine/docs/troubleshooting ; seen: about four minutes
    "settling": 240.0,
    # A feature of the fleet has its controllers, and an exported Service is imported by all clusters, after about five
    # minutes: https://cloud.google.com/kubernetes-engine/docs/how-to/multi-cluster-services
    "fleet": 300.0,
    # A machine's startup script installs and starts what it is for; IAP fails to connect to it until then, as it does
    # while the machine boots: reports of 4003 and 4047 right after a machine's creation
    "startup": 60.0,
}


def effective(cloud: Cloud, kind: Kind, start: float | None = None) -> float:
    """When what happens now (or at `start`, Unix seconds) takes effect."""
    return (cloud.clock() if start is None else start) + SECONDS[kind] * cloud.settings.lateness


def late(cloud: Cloud, moment: object) -> bool:
    """Whether a moment that `effective` gave is still to come; False for none, and once lateness is switched off."""
    return bool(cloud.settings.lateness) and isinstance(moment, int | float) and cloud.clock() < moment
