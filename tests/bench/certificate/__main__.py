"""The same certificates by ``certificate`` in one task, and by community.crypto in three tasks with a loop.

Prints the seconds of whole ansible-playbook runs, less those of an empty play: once to make the certificates, and
once more when all of them are there. ``python -m tests.bench.certificate [--count 100] [--theirs 100]``
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography import x509

ROOT = Path(__file__).parents[3]
AUTHORITY = {"certificate": "root.pem", "key": "root.key"}


def main() -> int:
    """Measure, print a table, and fail when the two did not make the same certificates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="leaves, beside one root")
    parser.add_argument("--theirs", type=int, default=None, help="leaves for community.crypto, if fewer; seconds scale")
    options = parser.parse_args()
    theirs = min(options.theirs or options.count, options.count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = run(folder, "empty", [])
        contenders = (
            ("pingpong.platform.certificate", "ours", ours, options.count),
            ("community.crypto", "theirs", other, theirs),
        )
        rows = []
        for title, side, tasks, count in contenders:
            (folder / side).mkdir()
            seconds = [run(folder, side, tasks(folder / side, count)) - empty for _turn in range(2)]
            rows.append((title, count, *(max(took, 0.01) for took in seconds)))
        problems = compare(folder, theirs)
    print(f"{'empty play':32} {empty:8.2f} s (taken off below)")
    print(f"{'':32} {'leaves':>8} {'make':>10} {'no-op':>10}")
    for title, count, make, again in rows:
        print(f"{title:32} {count:8} {make:8.2f} s {again:8.2f} s")
    scale = options.count / theirs
    ratios = [slow * scale / fast for fast, slow in zip(rows[0][2:], rows[1][2:], strict=True)]
    print(f"{'ratio':32} {'':8} {ratios[0]:8.0f} x {ratios[1]:8.0f} x")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def ours(folder: Path, count: int) -> list[dict[str, Any]]:
    """One task."""

    def files(name: str) -> list[dict[str, Any]]:
        return [{"files": {"certificate": f"{folder}/{name}.pem", "key": f"{folder}/{name}.key"}}]

    root = {"name": "root", "common_name": "root", "ca": {}, "validity": "3650d", "sinks": files("root")}
    leaves = [
        {
            "name": name,
            "common_name": name,
            "dns": [f"{name}.example"],
            "validity": "90d",
            "issuer": {"ref": "root"},
            "sinks": files(name),
        }
        for name in names(count)
    ]
    return [{"pingpong.platform.certificate": {"certificates": [root, *leaves]}}]


def other(folder: Path, count: int) -> list[dict[str, Any]]:
    """Key, request and certificate: three tasks for the root, three with a loop for the leaves."""
    path = f"{folder}/{{{{ item }}}}"
    key = {"type": "ECC", "curve": "secp256r1"}
    return [
        {"community.crypto.openssl_privatekey": {"path": f"{folder}/root.key", **key}},
        {
            "community.crypto.openssl_csr": {
                "path": f"{folder}/root.csr",
                "privatekey_path": f"{folder}/root.key",
                "common_name": "root",
                "use_common_name_for_san": False,
                "basic_constraints": ["CA:TRUE"],
                "basic_constraints_critical": True,
                "key_usage": ["keyCertSign", "cRLSign"],
                "key_usage_critical": True,
            }
        },
        {
            "community.crypto.x509_certificate": {
                "path": f"{folder}/root.pem",
                "csr_path": f"{folder}/root.csr",
                "privatekey_path": f"{folder}/root.key",
                "provider": "selfsigned",
                "selfsigned_not_after": "+3650d",
            }
        },
        {"community.crypto.openssl_privatekey": {"path": f"{path}.key", **key}, "loop": names(count)},
        {
            "community.crypto.openssl_csr": {
                "path": f"{path}.csr",
                "privatekey_path": f"{path}.key",
                "common_name": "{{ item }}",
                "subject_alt_name": ["DNS:{{ item }}.example"],
                "key_usage": ["digitalSignature"],
                "key_usage_critical": True,
                "extended_key_usage": ["serverAuth"],
            },
            "loop": names(count),
        },
        {
            "community.crypto.x509_certificate": {
                "path": f"{path}.pem",
                "csr_path": f"{path}.csr",
                "provider": "ownca",
                "ownca_path": f"{folder}/root.pem",
                "ownca_privatekey_path": f"{folder}/root.key",
                "ownca_not_after": "+90d",
            },
            "loop": names(count),
        },
    ]


def names(count: int) -> list[str]:
    return [f"leaf-{index}" for index in range(count)]


def run(folder: Path, name: str, tasks: list[dict[str, Any]]) -> float:
    """Seconds of one ansible-playbook run of these tasks."""
    book = folder / f"{name}.json"
    play = {"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}
    play["vars"] = {"ansible_python_interpreter": sys.executable}
    book.write_text(json.dumps([play]))
    environment = {**os.environ, "ANSIBLE_PIPELINING": "1", "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    begin = time.perf_counter()
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(book)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    took = time.perf_counter() - begin
    if done.returncode != 0:
        raise SystemExit(f"{name} failed:\n{done.stdout[-2000:]}{done.stderr[-1000:]}")
    return took


def compare(folder: Path, count: int) -> list[str]:
    """Where the two made different certificates: names, uses, kind of key, who signed."""
    problems = []
    roots = {side: load(folder / side / "root.pem") for side in ("ours", "theirs")}
    for name in names(count):
        found = {side: load(folder / side / f"{name}.pem") for side in roots}
        shapes = {side: shape(certificate) for side, certificate in found.items()}
        if shapes["ours"] != shapes["theirs"]:
            problems.append(f"{name}: {shapes['ours']} is not {shapes['theirs']}")
        for side, certificate in found.items():
            certificate.verify_directly_issued_by(roots[side])
    return problems


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def shape(certificate: x509.Certificate) -> tuple[Any, ...]:
    extensions = certificate.extensions
    public = certificate.public_key()
    return (
        certificate.subject.rfc4514_string(),
        extensions.get_extension_for_class(x509.SubjectAlternativeName).value,
        extensions.get_extension_for_class(x509.KeyUsage).value,
        extensions.get_extension_for_class(x509.ExtendedKeyUsage).value,
        type(public).__name__,
        getattr(public, "key_size", 0),
    )


if __name__ == "__main__":
    sys.exit(main())
