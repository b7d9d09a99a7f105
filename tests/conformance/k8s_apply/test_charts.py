"""Charts, rendered by a real helm."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from tests.support.layers import Harness, actions, definition


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chart with a definition, a hook, a test, a Secret and an object that names no namespace."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = {
        "Chart.yaml": "apiVersion: v2\nname: sample\nversion: 1.0.0\nkubeVersion: '>=1.30.0-0'\n",
        "values.yaml": "text: default\n",
        "values.schema.json": '{"properties": {"text": {"type": "string", "maxLength": 10}}}',
        "templates/config.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n"
            "  text: {{ .Values.text | quote }}\n  version: {{ .Capabilities.KubeVersion.Version }}\n"
        ),
        "templates/secret.yaml": (
            "{{ with .Values.password }}\napiVersion: v1\nkind: Secret\nmetadata:\n  name: sample\n"
            "stringData:\n  password: {{ . | quote }}\n{{ end }}\n"
        ),
        "templates/hook.yaml": (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: hook-\n"
            "  annotations:\n    helm.sh/hook: pre-install\n"
        ),
        "templates/tests/test.yaml": (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: test\n  annotations:\n    helm.sh/hook: test\n"
        ),
    }
    for name, text in files.items():
        path = tmp_path / "sample" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "sample"


def test_a_chart_is_applied_like_objects_and_rendered_once(layer: Harness, helm: Path, chart: Path) -> None:
    charts = [{"name": "one", "chart": str(chart), "values": {"text": "hello"}}]
    made = layer.apply(charts=charts, helm=str(helm))
    assert actions(made) == {"one": "created"}
    assert made["warnings"] == ["charts: one: hooks are left out, run what they do yourself: Pod hook- (pre-install)"]
    live = layer.get("ConfigMap", "one")
    assert live is not None
    version = layer.client.request("GET", "/version")["gitVersion"]
    assert live["data"] == {"text": "hello", "version": version}

    (cached,) = (chart.parent / "cache").rglob("*.json")
    assert cached.stat().st_mode & 0o777 == 0o600
    # From the cache: there is nothing else to run.
    moved = helm.stat()
    again = layer.apply(charts=charts, helm=str(helm))
    assert again["changed"] is False
    assert helm.stat().st_mtime_ns == moved.st_mtime_ns

    (chart / "values.yaml").write_text("text: default\nnew: true\n")
    charts[0]["values"] = {}
    assert actions(layer.apply(charts=charts, helm=str(helm))) == {"one": "updated"}


def test_a_definition_of_a_chart(layer: Harness, helm: Path, chart: Path) -> None:
    import yaml

    group = f"{layer.namespace}.example.org"
    crd = definition(group, "Thing")
    (chart / "crds").mkdir()
    (chart / "crds" / "thing.yaml").write_text(yaml.safe_dump(crd))
    given = {"name": "one", "chart": str(chart)}
    assert set(actions(layer.apply(charts=[given], helm=str(helm)))) == {"one", crd["metadata"]["name"]}
    without = layer.apply(charts=[given | {"include_crds": False}], helm=str(helm))
    assert [entry["name"] for entry in without["pruned"]] == [crd["metadata"]["name"]]


def test_a_rendered_secret_is_not_kept_on_disk(layer: Harness, helm: Path, chart: Path) -> None:
    charts = [{"name": "one", "chart": str(chart), "values": {"password": "hunter2"}}]
    assert set(actions(layer.apply(charts=charts, helm=str(helm)))) == {"one", "sample"}
    assert list((chart.parent / "cache").rglob("*.json")) == []


def test_helms_own_words_are_passed_on_without_secrets(layer: Harness, helm: Path, chart: Path) -> None:
    charts = [{"name": "one", "chart": str(chart), "values": {"text": "far too long", "password": "hunter2"}}]
    with pytest.raises(PlatformError, match=r"charts: one \(.*sample\): helm template failed: [^$]*/text") as caught:
        layer.apply(charts=charts, helm=str(helm))
    assert "hunter2" not in str(caught.value)


def test_a_broken_template(layer: Harness, helm: Path, chart: Path) -> None:
    (chart / "templates" / "broken.yaml").write_text("{{ .Values.password }}: [\n")
    charts = [{"name": "one", "chart": str(chart), "values": {"password": "hunter2"}}]
    with pytest.raises(PlatformError, match="charts: one") as caught:
        layer.apply(charts=charts, helm=str(helm))
    assert "hunter2" not in str(caught.value)
