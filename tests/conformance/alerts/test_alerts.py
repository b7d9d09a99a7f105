"""Each alert fires for its cause and is silent for its twin; each leads to a section of the runbook."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.collect import Report, collect
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.export import metrics

from testbed.host import cache_root
from testbed.images.golang import BY_NAME, build, module_source
from tests.support.roles import INVENTORIES, rendered

ROOT = Path(__file__).parents[3]
RULES = sorted((ROOT / "roles" / "monitoring" / "files" / "rules").glob("*.rules.yml"))
CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "cases.yml").read_text())
GROUPS = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]
# Where each exporter declares its metrics: a folder of the module that the platform's image is built from.
EXPORTERS = {
    "kube": ("kube-state-metrics", "internal/store"),
    "citadel": ("istio", "security/pkg/server/ca"),
}
# The scrape job by which each exporter's metrics come.
JOBS = {"ping": "ping", "pingpong": "proofs", "kube": "kube-state-metrics", "citadel": "istiod", "envoy": "sidecars"}
SELECTOR = re.compile(r"\b((?:ping|pingpong|kube|citadel|envoy)_\w+)")


@pytest.fixture(scope="module")
def promtool() -> Path:
    """Of the Prometheus that the platform runs; built on first use, which takes seconds where that one was built."""
    cache = cache_root()
    return build(BY_NAME["promtool"], cache, cache / "logs" / "promtool.log") / "promtool"


def evaluate(promtool: Path, folder: Path, alert: str, kind: str, expect: bool) -> str:
    """What promtool says when it is given the series of a ``kind``; empty when the alert fires only if expected."""
    case = CASES[alert]
    labels, step = case["labels"], case.get("step", "1m")
    expected = [] if not expect else [{"exp_labels": labels, "exp_annotations": _annotations(alert, case)}]
    test = {
        "interval": step,
        "input_series": [{"series": name, "values": values} for name, values in case[kind].items()],
        "alert_rule_test": [{"eval_time": case["at"], "alertname": alert, "exp_alerts": expected}],
    }
    file = folder / "test.yml"
    # Without an order promtool takes the groups at random, and an alert may come before what is recorded for it.
    document = {"rule_files": [str(rules) for rules in RULES], "evaluation_interval": step, "tests": [test],
                "group_eval_order": [group["name"] for group in GROUPS]}  # fmt: skip
    file.write_text(json.dumps(document))
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _annotations(alert: str, case: Mapping[str, Any]) -> dict[str, str]:
    def fill(text: str) -> str:
        text = text.replace("{{ $value }}", str(case.get("value", "")))
        return re.sub(r"{{ \$labels\.(\w+) }}", lambda found: case["labels"].get(found[1], ""), text)

    return {name: fill(text) for name, text in ALERTS[alert]["annotations"].items()}


def test_no_alert_lacks_a_case_and_no_case_an_alert() -> None:
    assert set(ALERTS) == set(CASES)


@pytest.mark.parametrize("alert", CASES)
def test_alert_fires(promtool: Path, tmp_path: Path, alert: str) -> None:
    assert evaluate(promtool, tmp_path, alert, "fires", expect=True) == ""


@pytest.mark.parametrize("alert", [name for name in CASES if name != "Watchdog"])
def test_alert_is_silent_for_its_twin(promtool: Path, tmp_path: Path, alert: str) -> None:
    assert set(CASES[alert]["silent"]) == set(CASES[alert]["fires"]), "the twin differs in values, not in series"
    assert evaluate(promtool, tmp_path, alert, "silent", expect=False) == ""
    assert "FAILED" in evaluate(promtool, tmp_path, alert, "silent", expect=True)


@pytest.mark.parametrize("alert", ALERTS)
def test_alert_says_how_urgent_it_is_and_where_to_read_on(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in (("none",) if alert == "Watchdog" else ("page", "ticket"))
    assert rule["annotations"]["summary"]
    page, anchor = rule["annotations"]["runbook_url"].split("#")
    prefix = f"{REPOSITORY}/blob/main/"
    assert page.startswith(prefix)
    headings = re.findall(r"^## (.+)$", (ROOT / page.removeprefix(prefix)).read_text(), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_metric_of_the_rules_is_declared_by_its_exporter() -> None:
    names = {name for group in GROUPS for rule in group["rules"] for name in SELECTOR.findall(rule["expr"])}
    assert names
    sources = {
        "ping": (ROOT / "service" / "src" / "pingpong" / "metrics.py").read_text(),
        "pingpong": re.sub(r"# TYPE (\w+) ", r'"\1"', metrics(_report(), max_age=1)),
        **{exporter: _declared(*place) for exporter, place in EXPORTERS.items()},
    }
    undeclared = {
        name
        for name in names
        # Envoy makes its names from parts at run time: no file declares them.
        if not name.startswith("envoy_")
        and f'"{re.sub("_(total|bucket|count)$", "", name)}"' not in sources[name.split("_")[0]]
    }
    assert undeclared == set()


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_prometheus_is_given_every_rule_file_and_scrapes_what_the_rules_ask_of(inventory: str) -> None:
    documents = rendered("monitoring", inventory, "prometheus.yml.j2")
    data = next(document["data"] for document in documents if document["kind"] == "ConfigMap")
    assert {name: text for name, text in data.items() if name.endswith(".rules.yml")} == {
        file.name: file.read_text().rstrip() for file in RULES
    }
    config = yaml.safe_load(data["prometheus.yml"])
    assert config["rule_files"] == ["/etc/prometheus/*.rules.yml"]
    expressions = [rule["expr"] for group in GROUPS for rule in group["rules"]]
    asked = {job for expression in expressions for job in re.findall(r'job="([^"]+)"', expression)}
    asked |= {JOBS[found] for text in expressions for name in SELECTOR.findall(text) if (found := name.split("_")[0])}
    assert asked <= {job["job_name"] for job in config["scrape_configs"]}


def test_each_proof_that_every_run_makes_is_missed() -> None:
    tasks = (ROOT / "roles" / "verify" / "tasks").glob("*.yml")
    kept = {proof for file in tasks for proof in re.findall(r"'proof': '(\w+)'", file.read_text())}
    missed = set(re.findall(r'absent\(\w+{proof="(\w+)"}\)', ALERTS["ProofMissing"]["expr"]))
    # The drill and a switch-over have reports of their own, and an edge may have no WAF.
    assert missed == kept - {"failover", "switchover", "waf"}


def test_kube_state_metrics_reads_each_kind_that_the_rules_ask_of() -> None:
    documents = rendered("monitoring", INVENTORIES[0], "kube-state-metrics.yml.j2")
    deployment = next(document for document in documents if document["kind"] == "Deployment")
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    read = next(text for text in arguments if text.startswith("--resources=")).removeprefix("--resources=").split(",")
    names = {name for group in GROUPS for rule in group["rules"] for name in SELECTOR.findall(rule["expr"])}
    asked = {name.split("_")[1] for name in names if name.startswith("kube_")}
    assert asked and asked <= {resource.removesuffix("s") for resource in read}


def _declared(module: str, folder: str) -> str:
    return "\n".join(file.read_text() for file in (module_source(BY_NAME[module]) / folder).glob("*.go"))


def _report() -> Report:
    return collect("", "", ["one"], [], datetime.now(UTC))
