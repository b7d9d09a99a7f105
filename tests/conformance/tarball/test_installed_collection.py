"""The collection as it is installed: everything that a playbook of the user's needs, and nothing of a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
# Of the checkout, or of who builds and tests it.
UNWANTED = (
    "testbed",
    "tests",
    "molecule",
    "tools",
    ".ci",
    "service/tests",
    "Makefile",
    "conftest.py",
    ".venv",
    ".local",
)


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the files that git knows, as a release is."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, names)):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    run("ansible-galaxy", "collection", "build", str(tree), "--output-path", str(out), folder=out)
    (built,) = out.glob("*.tar.gz")
    return built


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections outside of the checkout, with this one."""
    folder = tmp_path_factory.mktemp("collections")
    wanted = ("collection", "install", str(tarball), "--offline", "--no-deps", "--collections-path", str(folder))
    run("ansible-galaxy", *wanted, folder=folder)
    return folder


def run(program: str, *arguments: str, folder: Path) -> str:
    """What one of Ansible's programs prints, outside of the checkout."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *arguments],
        cwd=folder,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder), "ANSIBLE_CONFIG": str(folder / "none.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_holds_nothing_of_a_checkout(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    assert [name for name in names if any(name == one or name.startswith(f"{one}/") for one in UNWANTED)] == []
    assert not any("__pycache__" in name for name in names)


def test_it_holds_the_chart_and_the_dashboards(installed: Path) -> None:
    collection = installed / "ansible_collections" / "pingpong" / "platform"
    assert yaml.safe_load((collection / "service" / "chart" / "Chart.yaml").read_text())["name"] == "ping"
    kept = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "roles").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in kept if not (collection / name).is_file()} == set()


def test_every_module_has_its_page(installed: Path) -> None:
    names = [f"pingpong.platform.{name}" for name in MODULES]
    pages = json.loads(run("ansible-doc", "--json", *names, folder=installed))
    assert sorted(pages) == sorted(names)
    assert [name for name, page in pages.items() if not page["examples"] or not page["doc"]["description"]] == []


def test_every_role_has_its_page(installed: Path) -> None:
    pages = json.loads(run("ansible-doc", "--type", "role", "--json", "--list", "pingpong.platform", folder=installed))
    assert sorted(pages) == [f"pingpong.platform.{role}" for role in ROLES]


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_playbook_is_found_by_its_name(playbook: str, installed: Path) -> None:
    inventory = str(installed / "ansible_collections" / "pingpong" / "platform" / "inventories" / "staging")
    said = run("ansible-playbook", f"pingpong.platform.{playbook}", "-i", inventory, "--list-tasks", folder=installed)
    assert f"playbook: {installed}/ansible_collections/pingpong/platform/playbooks/{playbook}.yml" in said


def test_an_inventory_is_checked_where_it_is_installed(installed: Path) -> None:
    inventory = str(installed / "ansible_collections" / "pingpong" / "platform" / "inventories" / "production")
    run("ansible-playbook", "pingpong.platform.inventory", "-i", inventory, folder=installed)
