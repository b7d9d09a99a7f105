"""What pods mount is what the cluster's Secret Manager add-on understands."""

from __future__ import annotations

import pytest
import yaml

from testbed.cloud.core.protocol.values import project_number
from testbed.nodes.addons.secret_manager import DRIVER
from tests.support.roles import INVENTORIES, ROOT, evaluated, rendered

(PLATFORM,) = yaml.safe_load((ROOT / "playbooks" / "platform.yml").read_text())


def test_a_mount_names_the_latest_version_and_its_file() -> None:
    mounts = [{"name": "m", "namespace": "app", "secrets": [{"name": "db"}, {"name": "other", "path": "deep/file"}]}]
    ((found,),) = rendered("secrets", "local", "mounts.yml.j2", secrets_mounts=mounts)
    assert found["spec"]["provider"] == "gke"
    assert yaml.safe_load(found["spec"]["parameters"]["secrets"]) == [
        {"resourceName": "projects/pingpong-local/secrets/db/versions/latest", "path": "db"},
        {"resourceName": "projects/pingpong-local/secrets/other/versions/latest", "path": "deep/file"},
    ]


def test_the_local_number_is_the_local_projects() -> None:
    project = evaluated("secrets", "local", "platform_project")
    assert evaluated("secrets", "local", "secrets_project_number") == project_number(project)


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_every_inventory_that_names_accounts_names_its_projects_number(inventory: str) -> None:
    mounts = evaluated("secrets", inventory, "secrets_mounts")
    if any(entry.get("service_account") for entry in mounts):
        assert str(evaluated("secrets", inventory, "secrets_project_number")).isdigit()


def test_the_driver_is_called_as_on_gke() -> None:
    assert DRIVER == "secrets-store-gke.csi.k8s.io"


@pytest.mark.parametrize("mount", ["", "alert-receivers"])
def test_alertmanager_reads_its_secrets_from_the_cluster_or_from_secret_manager(mount: str) -> None:
    documents = rendered("monitoring", "production", "alertmanager.yml.j2", monitoring_alert_secrets_mount=mount)
    (pod,) = (document["spec"]["template"]["spec"] for document in documents if document["kind"] == "Deployment")
    (volume,) = (volume for volume in pod["volumes"] if volume["name"] == "receivers")
    if mount:
        attributes = {"secretProviderClass": mount}
        assert volume == {
            "name": "receivers",
            "csi": {"driver": DRIVER, "readOnly": True, "volumeAttributes": attributes},
        }
        assert pod["serviceAccountName"] == "alertmanager", "whom the mount lets in"
    else:
        assert volume["secret"] == {"secretName": "alertmanager-receivers", "optional": True}


def test_pods_are_applied_after_what_they_mount() -> None:
    roles = [task["ansible.builtin.include_role"] for task in PLATFORM["tasks"]]
    order = [(role["name"].rpartition(".")[2], role.get("tasks_from", "main")) for role in roles]
    assert (
        order.index(("pod_security", "main"))
        < order.index(("secrets", "objects"))
        < order.index(("monitoring", "main"))
    )
