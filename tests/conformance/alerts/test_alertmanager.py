"""From an alert of the shipped rules to a webhook on loopback, by a real Prometheus and a real Alertmanager."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from tests.support.alerting import Alertmanager, Prometheus, receiver
from tests.support.apiserver import ApiServer, free_ports
from tests.support.layers import Harness
from tests.support.roles import INVENTORIES, rendered

# A route of the inventory's that does not wait for more of the kind.
AT_ONCE = {"group_wait": "0s", "group_interval": "1s"}
PLACE = 'environment="e",cluster="c",proof="mtls"'


def _verdicts(fail: int) -> str:
    return f'pingpong_proof_cells{{{PLACE},verdict="fail"}} {fail}\n'


def _failed(notification: dict[str, Any], status: str = "firing") -> bool:
    names = {alert["labels"]["alertname"] for alert in notification["alerts"]}
    return notification["status"] == status and names == {"ProofFailed"}


def test_a_real_alert_and_its_end_arrive_at_an_address_that_is_in_a_secret(tmp_path: Path) -> None:
    with receiver() as webhook:
        variables = {
            "monitoring_alert_receivers": [
                {"name": "hook", "webhook_configs": [{"url_file": "/etc/alertmanager/secrets/url"}]}
            ],
            "monitoring_alert_secrets": {"url": webhook.url},
            "monitoring_alert_route": AT_ONCE,
        }
        for document in rendered("monitoring", "local", "alertmanager.yml.j2", **variables):
            assert webhook.url not in yaml.safe_dump(document) or document["kind"] == "Secret"
        with (
            Alertmanager(tmp_path / "alertmanager", **variables) as alertmanager,
            Prometheus(tmp_path / "prometheus", [alertmanager.port]) as prometheus,
        ):
            file = prometheus.verdicts / "report.prom"
            file.write_text(_verdicts(fail=1))
            (alert,) = webhook.until(_failed)["alerts"]
            assert {name: alert["labels"][name] for name in ("proof", "cluster", "severity", "region")} == {
                "proof": "mtls", "cluster": "c", "severity": "page", "region": "europe-west1",
            }  # fmt: skip
            assert alert["annotations"]["runbook_url"].endswith("#a-proof-failed")
            file.write_text(_verdicts(fail=0))
            webhook.until(lambda notification: _failed(notification, "resolved"))


def test_without_a_receiver_an_alert_is_kept_and_nobody_is_alerted(tmp_path: Path) -> None:
    with (
        Alertmanager(tmp_path / "alertmanager", monitoring_alert_route=AT_ONCE) as alertmanager,
        Prometheus(tmp_path / "prometheus", [alertmanager.port]) as prometheus,
    ):
        (prometheus.verdicts / "report.prom").write_text(_verdicts(fail=1))
        kept = alertmanager.until("/api/v2/alerts?filter=alertname%3DProofFailed", bool)
        assert [alert["receivers"] for alert in kept] == [[{"name": "none"}]]


def test_two_of_a_cluster_alert_once(tmp_path: Path) -> None:
    with receiver() as webhook:
        variables = {
            "monitoring_alertmanager_replicas": 2,
            "monitoring_alert_receivers": [{"name": "hook", "webhook_configs": [{"url": webhook.url}]}],
            "monitoring_alert_route": AT_ONCE,
        }
        one, other = free_ports(2)
        with (
            Alertmanager(tmp_path / "one", [one, other], **variables) as first,
            Alertmanager(tmp_path / "other", [other, one], **variables) as second,
        ):
            for each in (first, second):
                each.until("/api/v2/status", lambda status: _settled(status, of=2))
            with Prometheus(tmp_path / "prometheus", [first.port, second.port]) as prometheus:
                (prometheus.verdicts / "report.prom").write_text(_verdicts(fail=1))
                for each in (first, second):
                    each.until("/api/v2/alerts?filter=alertname%3DProofFailed", bool)
                webhook.until(_failed)
                time.sleep(20)  # the second of two waits for 15 s, and would send what the first did not
                assert len(list(filter(_failed, webhook.got))) == 1


def test_the_watchdog_arrives_at_its_own_receiver_alone(tmp_path: Path) -> None:
    with receiver() as webhook, receiver() as switch:
        variables = {
            "monitoring_alert_receivers": [
                {"name": "hook", "webhook_configs": [{"url": webhook.url}]},
                {"name": "deadman", "webhook_configs": [{"url": switch.url, "send_resolved": False}]},
            ],
            "monitoring_alert_watchdog": "deadman",
            "monitoring_alert_route": {**AT_ONCE, "routes": [{"matchers": ['severity=~".+"'], "receiver": "hook"}]},
        }
        with (
            Alertmanager(tmp_path / "alertmanager", **variables) as alertmanager,
            Prometheus(tmp_path / "prometheus", [alertmanager.port]) as prometheus,
        ):
            (alert,) = switch.until(lambda got: got["status"] == "firing")["alerts"]
            assert (alert["labels"]["alertname"], alert["labels"]["region"]) == ("Watchdog", "europe-west1")
            (prometheus.verdicts / "report.prom").write_text(_verdicts(fail=1))
            webhook.until(_failed)
            names = {entry["labels"]["alertname"] for got in webhook.got for entry in got["alerts"]}
            assert "Watchdog" not in names


def test_the_watchdog_alerts_nobody_without_a_receiver_of_its_own() -> None:
    variables = {"monitoring_alert_receivers": [{"name": "hook", "webhook_configs": [{"url": "https://example.com"}]}]}
    (config,) = (
        yaml.safe_load(document["stringData"]["alertmanager.yml"])
        for document in rendered("monitoring", "local", "alertmanager.yml.j2", **variables)
        if document["metadata"]["name"] == "alertmanager" and document["kind"] == "Secret"
    )
    assert config["route"]["receiver"] == "hook"
    assert [(route["matchers"], route["receiver"]) for route in config["route"]["routes"]] == [
        (['alertname="Watchdog"'], "none")
    ]


def _settled(status: dict[str, Any], of: int) -> bool:
    return status["cluster"]["status"] == "ready" and len(status["cluster"]["peers"]) == of


@pytest.mark.parametrize("inventory", INVENTORIES)
@pytest.mark.parametrize("replicas", [1, 2])
def test_prometheus_finds_every_pod_of_alertmanager(inventory: str, replicas: int) -> None:
    documents = rendered("monitoring", inventory, "alertmanager.yml.j2", monitoring_alertmanager_replicas=replicas)
    (template,) = (d["spec"]["template"] for d in documents if d["kind"] == "Deployment")
    ports = [port["name"] for container in template["spec"]["containers"] for port in container["ports"]]
    found = rendered("monitoring", inventory, "prometheus.yml.j2")
    config = yaml.safe_load(next(d["data"]["prometheus.yml"] for d in found if d["kind"] == "ConfigMap"))
    (sender,) = config["alerting"]["alertmanagers"]
    (scraped,) = (job for job in config["scrape_configs"] if job["job_name"] == "alertmanager")
    for way in (sender, scraped):
        (rule,) = way["relabel_configs"]
        name = template["metadata"]["labels"]["app.kubernetes.io/name"]
        assert rule["action"] == "keep" and [f"{name};{port}" for port in ports].count(rule["regex"]) == 1


def test_the_layer_is_applied_and_a_second_time_nothing_changes(server: ApiServer) -> None:
    client = ClusterClient.from_connection(server.connection)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "alertmanager"}})
    layer = Harness(server.connection, client, "alertmanager")
    variables = {
        "monitoring_alert_receivers": [{"name": "hook", "webhook_configs": [{"url_file": "url"}]}],
        "monitoring_alert_secrets": {"url": "https://example.com/hunter2"},
    }
    objects = rendered("monitoring", "production", "alertmanager.yml.j2", **variables)
    try:
        made = layer.apply(*objects)
        assert {entry["action"] for entry in made["objects"]} == {"created"}
        assert not layer.apply(*objects)["changed"]
        assert "hunter2" not in json.dumps(made)
        without = layer.apply(*rendered("monitoring", "production", "alertmanager.yml.j2"))
        assert {(entry["kind"], entry["name"]) for entry in without["pruned"]} == {
            ("Secret", "alertmanager-receivers"),
            ("NetworkPolicy", "allow-alert-receivers"),
        }
    finally:
        client.delete("v1", "Namespace", "alertmanager")
        client.close()
