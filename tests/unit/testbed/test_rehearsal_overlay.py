"""A rehearsal's overlay overrides and never supplies, and touches nothing that the rehearsal is to prove."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from testbed.rehearsal.run import OVERLAY
from tests.support.roles import INVENTORIES, ROOT, evaluated, variables

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
NAMES: dict[str, Any] = yaml.safe_load(OVERLAY.read_text())
# The edge, the ways in, the policies, the proofs, the images' names, what the secrets are.
PROVED = ("edge_", "cluster_access", "cluster_dns", "cluster_private", "cluster_authorized", "network_", "verify_",
          "ping_", "mesh_hub", "mesh_tag", "mesh_chart", "mesh_mtls", "admission_", "pod_security_", "secrets_",
          "platform_", "registry_")  # fmt: skip
EXCEPTIONS = {
    "network_policy_api_server_ports": "kind's API server listens at 6443 inside its node, GKE's at 443",
    "edge_acme_server": "the public one knows no name of this machine",
    "edge_acme_ca": "who signed its certificate is no public authority",
    "edge_cert_manager_version": "later releases can't be built from their modules",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("inventory", sorted(set(INVENTORIES) - {"local"}))
def test_what_it_sets_has_a_value_without_it(inventory: str, name: str) -> None:
    role = next(role for role in sorted(ROLES, key=len, reverse=True) if name.startswith(f"{role}_"))
    assert name in variables(role, inventory)
    evaluated(role, inventory, name)


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(EXCEPTIONS)))
def test_it_touches_nothing_that_is_to_be_proved(name: str) -> None:
    assert not name.startswith(PROVED) and not name.endswith(("_image", "_images"))


def test_every_exception_is_needed() -> None:
    assert set(EXCEPTIONS) <= set(NAMES)
