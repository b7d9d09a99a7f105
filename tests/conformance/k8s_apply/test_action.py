"""The task as users write it: a play with ``k8s_apply``, run by Ansible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import plays
from tests.support.apiserver import ApiServer
from tests.support.layers import Harness, config_map, deployment, secret


class Play:
    """One task, run with the flags that a test asks for."""

    def __init__(self, folder: Path, layer: Harness) -> None:
        self._folder = folder
        self.options: dict[str, Any] = {
            "connection": layer.connection,
            "environment_name": "tests",
            "layer": layer.namespace,
            "namespace": layer.namespace,
            "wait": False,
        }

    def run(self, *flags: str, **options: Any) -> str:
        """Ansible's whole output."""
        task = {"pingpong.platform.k8s_apply": self.options | options}
        done = plays.play(self._folder, [task], *flags)
        return done.stdout + done.stderr


@pytest.fixture
def play(tmp_path: Path, layer: Harness) -> Play:
    return Play(tmp_path, layer)


def test_check_apply_and_again_without_a_secret_shown(play: Play, server: ApiServer) -> None:
    objects = [secret("s", password="hunter2"), config_map("c"), deployment("d")]
    check = play.run("--check", "--diff", "-vvv", objects=objects)
    assert "changed=1" in check
    made = play.run("--diff", "-vvv", objects=objects)
    assert "changed=1" in made
    assert "password: <masked>" in made
    again = play.run("--diff", "-vvv", objects=objects)
    assert "changed=0" in again
    refused = play.run("-vvv", objects=[secret("s", **{"a b": "hunter2"})])
    assert "failed=1" in refused
    for output in (check, made, again, refused):
        for value in (server.token, "hunter2", "aHVudGVyMg"):
            assert value not in output


def test_a_relative_file_is_found_beside_the_playbook(play: Play, tmp_path: Path, layer: Harness) -> None:
    (tmp_path / "files").mkdir()
    listed = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "a"}}, config_map("b")]}
    (tmp_path / "files" / "two.yml").write_text(f"---\n{json.dumps(listed)}\n---\n---\n{json.dumps(config_map('c'))}\n")
    assert "changed=1" in play.run(files=["two.yml"])
    assert all(layer.get("ConfigMap", name) for name in "abc")


def test_a_template_may_have_empty_documents(play: Play, tmp_path: Path, layer: Harness) -> None:
    document = "{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ name }}}}"
    (tmp_path / "two.yml.j2").write_text(f"---\n{{% for name in 'ab' %}}---\n{document}\n{{% endfor %}}---\n")
    assert "changed=1" in play.run(objects="{{ lookup('template', 'two.yml.j2') | from_yaml_all }}")
    assert all(layer.get("ConfigMap", name) for name in "ab")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"connection": {"token": "x"}}, "one of the following is required: endpoint, kubeconfig"),
        ({"state": "gone"}, "value of state must be one of: present, absent"),
        ({"objects": [{"kind": "ConfigMap"}]}, "objects[0]: apiVersion is missing, found ['kind']"),
        ({"charts": [{"name": "x"}]}, "missing required arguments: chart"),
    ],
    ids=["no endpoint", "a wrong state", "no apiVersion", "a chart without its place"],
)
def test_a_mistake_fails_the_task_with_one_clear_line(play: Play, options: dict[str, Any], message: str) -> None:
    output = play.run(**options)
    assert "failed=1" in output
    assert message in " ".join(output.split())
    assert "Traceback" not in output
