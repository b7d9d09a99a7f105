"""What Argo CD may do, look at and ask, and what it is told to apply."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.charts import render

from tests.support.apiserver import helm_program
from tests.support.roles import INVENTORIES, by_name, evaluated, rendered

REPOSITORY = {"url": "https://git.example.com:8443/platform.git", "branch": "release"}
INSTANCES = [{"name": "a"}, {"name": "b", "namespace": "shop"}, {"name": "c", "mesh": False}]


def of(template: str, inventory: str = "production", **changes: Any) -> list[dict[str, Any]]:
    return rendered("gitops", inventory, template, ping_repository=REPOSITORY, ping_instances=INSTANCES, **changes)


def one(objects: list[dict[str, Any]], kind: str, name: str = "") -> dict[str, Any]:
    (found,) = [o for o in objects if o["kind"] == kind and name in ("", o["metadata"]["name"])]
    return found


def test_it_reaches_the_port_of_the_repository_and_the_api_server() -> None:
    policies = by_name(
        evaluated("network_policy", "production", "network_policy_namespaces", ping_repository=REPOSITORY)
    )
    (egress,) = policies["gitops"]["egress"]
    assert egress["ports"] == [{"port": 8443}]
    assert policies["gitops"]["api_server"] is True


def test_it_writes_only_in_the_served_namespaces_and_reads_no_secret_there() -> None:
    objects = of("access.yml.j2")
    assert not [o for o in objects if o["kind"] == "ClusterRoleBinding"]
    bound = {o["metadata"]["namespace"] for o in objects if o["kind"] == "RoleBinding" and "namespace" in o["metadata"]}
    assert bound == {"a", "shop", "c"}
    resources = {name for rule in one(objects, "ClusterRole")["rules"] for name in rule["resources"]}
    assert not resources & {"secrets", "pods", "pods/exec", "*"}


def test_it_looks_at_what_it_may_write_and_at_nothing_else() -> None:
    settings, access = of("settings.yml.j2"), of("access.yml.j2")
    included = yaml.safe_load(one(settings, "ConfigMap", "argocd-cm")["data"]["resource.inclusions"])
    allowed = one(of("application.yml.j2"), "AppProject")["spec"]["namespaceResourceWhitelist"]
    kinds = {(item["apiGroups"][0], kind) for item in included for kind in item["kinds"]}
    assert kinds == {(item["group"], item["kind"]) for item in allowed}
    assert {group for group, _kind in kinds} == {
        group for rule in one(access, "ClusterRole")["rules"] for group in rule["apiGroups"]
    }
    cluster = one(settings, "Secret", "in-cluster")["stringData"]
    assert (cluster["namespaces"], cluster["clusterResources"]) == ("a,shop,c", "false")


@pytest.mark.skipif(helm_program() is None, reason="helm is not built: python -m testbed images")
@pytest.mark.parametrize("inventory", INVENTORIES)
def test_it_applies_every_kind_that_the_chart_makes(inventory: str) -> None:
    everything = {"autoscaling": {"enabled": True}}
    releases = evaluated("ping", inventory, "__ping_releases", ping_values=everything, ping_image="localhost/ping:1")
    made = {
        (str(obj["apiVersion"]).rpartition("/")[0], obj["kind"])
        for release in releases for obj in render(release, str(helm_program()))
    }  # fmt: skip
    allowed = one(of("application.yml.j2"), "AppProject")["spec"]["namespaceResourceWhitelist"]
    assert made <= {(item["group"], item["kind"]) for item in allowed}


@pytest.mark.parametrize("host", ["primary", "secondary"])
def test_each_cluster_follows_its_own_folder(host: str) -> None:
    application = one(of("application.yml.j2", host=host), "Application")["spec"]
    source = application["source"]
    assert source["path"] == f"production/{host}"
    assert source["path"] == evaluated("ping", "production", "ping_repository_folder", host=host)
    assert (source["repoURL"], source["targetRevision"]) == (REPOSITORY["url"], "release")
    assert application["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True, "allowEmpty": True}


def test_only_the_controller_has_the_account() -> None:
    (deployment,) = of("controller.yml.j2")
    pod = deployment["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    mounts = {c["name"]: {mount["name"] for mount in c["volumeMounts"]} for c in pod["containers"]}
    assert [name for name, of_it in mounts.items() if "account" in of_it] == ["controller"]


def test_who_pushes_is_unknown_to_the_cluster() -> None:
    login = {**REPOSITORY, "username": "deployer", "password": "hunter2"}
    for template in ("settings.yml.j2", "application.yml.j2", "controller.yml.j2"):
        assert "hunter2" not in json.dumps(rendered("gitops", "production", template, ping_repository=login))
    settings = of("settings.yml.j2", gitops_repository_login={"username": "reader", "password": "read"})
    assert one(settings, "Secret", "repository")["stringData"] == {
        "type": "git", "url": REPOSITORY["url"], "username": "reader", "password": "read"
    }  # fmt: skip


def test_its_repository_is_verified_by_the_authority_that_the_inventory_names() -> None:
    settings = of("settings.yml.j2", gitops_repository_authority="PEM\n")
    assert one(settings, "ConfigMap", "argocd-tls-certs-cm")["data"] == {"git.example.com": "PEM\n"}
    assert one(of("settings.yml.j2"), "ConfigMap", "argocd-tls-certs-cm")["data"] == {}
