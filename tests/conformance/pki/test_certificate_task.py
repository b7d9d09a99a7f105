"""The task as users run it: reasons, diffs, and not a word of a key in the noisiest output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def play(folder: Path, certificates: list[dict[str, Any]], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one task of these certificates."""
    task = {"pingpong.platform.certificate": {"certificates": certificates}, "register": "made"}
    shown = {"ansible.builtin.debug": {"var": "made"}}
    book = folder / "play.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task, shown]}]))
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(book), *arguments],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")},
        capture_output=True,
        text=True,
        check=False,
    )


def entry(folder: Path, name: str, **more: Any) -> dict[str, Any]:
    files = {"certificate": f"{folder}/{name}.pem", "key": f"{folder}/{name}.key"}
    return {"name": name, "common_name": name, "sinks": [{"files": files}], **more}


def secrets_of(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if not line.startswith("-----")]


def test_no_key_is_in_the_noisiest_output(tmp_path: Path) -> None:
    assert play(tmp_path, [entry(tmp_path, "root", issuer="self", ca={})]).returncode == 0
    value = {"certificate": (tmp_path / "root.pem").read_text(), "key": (tmp_path / "root.key").read_text()}
    store = {"pkcs12": {"file": f"{tmp_path}/leaf.p12", "passphrase": "open-sesame-4711"}}
    leaf = entry(tmp_path, "leaf", issuer=value)
    leaf["sinks"].append(store)
    done = play(tmp_path, [leaf], "--diff", "-vvv")
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
    done = play(tmp_path, [entry(tmp_path, "leaf", **options)])
    assert done.returncode != 0 and message in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.glob("leaf*"))
