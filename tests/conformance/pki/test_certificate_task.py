"""The task as users run it: reasons, diffs, and not a word of a key in the noisiest output."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.plays import play


def made(folder: Path, certificates: list[dict[str, Any]], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one task of these certificates."""
    task = {"pingpong.platform.certificate": {"certificates": certificates}, "register": "made"}
    return play(folder, [task, {"ansible.builtin.debug": {"var": "made"}}], *arguments)


def entry(folder: Path, name: str, **more: Any) -> dict[str, Any]:
    files = {"certificate": f"{folder}/{name}.pem", "key": f"{folder}/{name}.key"}
    return {"name": name, "common_name": name, "sinks": [{"files": files}], **more}


def secrets_of(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if not line.startswith("-----")]


def test_no_key_is_in_the_noisiest_output(tmp_path: Path) -> None:
    assert made(tmp_path, [entry(tmp_path, "root", issuer="self", ca={})]).returncode == 0
    value = {"certificate": (tmp_path / "root.pem").read_text(), "key": (tmp_path / "root.key").read_text()}
    store = {"pkcs12": {"file": f"{tmp_path}/leaf.p12", "passphrase": "open-sesame-4711"}}
    leaf = entry(tmp_path, "leaf", issuer=value)
    leaf["sinks"].append(store)
    done = made(tmp_path, [leaf], "--diff", "-vvv")
    assert done.returncode == 0 and "reason: created" in done.stdout
    hidden = [*secrets_of(tmp_path / "root.key"), *secrets_of(tmp_path / "leaf.key"), "open-sesame-4711"]
    found = [secret for secret in hidden if secret in done.stdout + done.stderr]
    assert found == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mesh_leaf": True, "key": {"algorithm": "ed25519"}}, "for a mesh leaf, expected ecdsa-p256"),
        ({"dns": ["a..b"]}, 'certificates[0].dns[0]: found "a..b", expected a DNS name'),
        ({"issuer": {"ref": "nobody"}}, 'certificates[0].issuer.ref: found "nobody"'),
    ],
)
def test_a_wrong_option_fails_the_task_in_one_sentence(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    done = made(tmp_path, [entry(tmp_path, "leaf", **options)])
    assert done.returncode != 0 and message in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.glob("leaf*"))
