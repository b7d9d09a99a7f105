"""Staging's and production's authorities are in Secret Manager alone: nothing of them is in somebody's folder."""

from __future__ import annotations

import pytest

from tests.support.roles import evaluated

ELSEWHERE = ["staging", "production"]


@pytest.mark.parametrize("inventory", ELSEWHERE)
def test_the_authorities_are_in_secrets_that_the_inventory_makes(inventory: str) -> None:
    made = {item["name"] for item in evaluated("secrets", inventory, "secrets_items") if "value" not in item}
    assert set(evaluated("mesh", inventory, "mesh_root")) == {"secret"}
    assert {
        evaluated("mesh", inventory, "mesh_root.secret"),
        evaluated("ping", inventory, "ping_authority_secret"),
    } <= made


@pytest.mark.parametrize("inventory", ELSEWHERE)
def test_the_hosts_authority_is_kept_and_signs_there(inventory: str) -> None:
    place = {"secret_manager": {"name": evaluated("ping", inventory, "ping_authority_secret")}}
    assert evaluated("ping", inventory, "__ping_authority_sink") == place
    issuers = [entry["issuer"] for entry in evaluated("ping", inventory, "__ping_certificates")]
    issuers += [entry["issuer"] for entry in evaluated("edge", inventory, "__edge_certificates")]
    assert len(issuers) > 1
    assert all(issuer == place for issuer in issuers)
    assert evaluated("edge", inventory, "__edge_authority_sink") == place


def test_a_folder_keeps_it_where_the_inventory_says_so() -> None:
    folder = evaluated("ping", "local", "ping_authority_folder")
    files = {"certificate": f"{folder}/edge.pem", "key": f"{folder}/edge.key"}
    assert evaluated("ping", "local", "__ping_authority_sink") == {"files": files}
    issuer = evaluated("ping", "local", "__ping_certificates")[0]["issuer"]
    assert issuer == {"certificate_file": files["certificate"], "key_file": files["key"]}


@pytest.mark.parametrize("inventory", ELSEWHERE)
def test_a_secret_without_a_value_has_no_payload(inventory: str) -> None:
    assert evaluated("secrets", inventory, "__secrets_payloads") == {}
