"""Recipes: what decides an image's tag, and that the catalog hangs together."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed.host import HostError
from testbed.images.builder import Places, chosen, existing, plan
from testbed.images.catalog import ENVOY, NETWORK, catalog
from testbed.images.containerfile import Context, build_arguments
from testbed.images.golang import BY_NAME as MODULES
from testbed.images.oci import Runtime
from testbed.images.recipes import Program, Put, Recipe, WheelFile, reference

RECIPE = Recipe("pilot", "1.0", NETWORK, (Put("/bin/x", Program(MODULES["istio"], "x")),), group="istio")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"version": "1.1"}, id="version"),
        pytest.param({"base": None}, id="no base"),
        pytest.param({"base": replace(NETWORK, packages=("curl",))}, id="base's packages"),
        pytest.param({"base": replace(NETWORK, suite="trixie")}, id="base's suite"),
        pytest.param({"runtime": Runtime(("/bin/x",))}, id="entrypoint"),
        pytest.param({"puts": (Put("/bin/y", Program(MODULES["istio"], "x")),)}, id="place"),
        pytest.param({"puts": (Put("/bin/x", Program(MODULES["istio"], "x"), mode=0o700),)}, id="mode"),
        pytest.param({"puts": (Put("/bin/x", Program(replace(MODULES["istio"], tags=""), "x")),)}, id="build tags"),
        pytest.param({"puts": (Put("/bin/x", WheelFile(ENVOY, "x")),)}, id="source"),
        pytest.param({"over": Recipe("python", "3")}, id="image below"),
    ],
)
def test_whatever_goes_into_an_image_changes_its_tag(change: dict[str, Any]) -> None:
    assert reference(replace(RECIPE, **change), []) != reference(RECIPE, [])


def test_usual_time_and_options_do_not_change_a_tag() -> None:
    assert replace(RECIPE, usual_seconds=99, optional=True, loaded=False).digest == RECIPE.digest


def test_a_reference_says_repository_version_and_content() -> None:
    repository, _unused, tag = reference(replace(RECIPE, version="v1.2.3"), []).rpartition(":")
    assert repository == "localhost/pingpong/pilot"
    assert tag.startswith("1.2.3-")
    assert len(tag) == len("1.2.3-") + 12


def test_images_of_a_group_share_a_tag_that_each_of_them_changes() -> None:
    proxy = replace(RECIPE, name="proxyv2", base=None)
    together = [RECIPE, proxy]
    tags = {reference(recipe, together).rpartition(":")[2] for recipe in together}
    assert len(tags) == 1
    changed = replace(proxy, runtime=Runtime(("/y",)))
    assert reference(RECIPE, [RECIPE, changed]).rpartition(":")[2] not in tags


def test_istios_images_have_the_one_tag_that_its_charts_take() -> None:
    images = [recipe for recipe in catalog() if recipe.name in ("pilot", "proxyv2", "install-cni")]
    assert len(images) == 3
    assert len({reference(recipe, catalog()).rpartition(":")[2] for recipe in images}) == 1


def test_the_catalog_names_each_image_once_and_only_programs_that_are_built() -> None:
    names = [recipe.name for recipe in catalog()]
    assert len(names) == len(set(names))
    for recipe in catalog():
        for put in recipe.puts:
            if isinstance(put.source, Program):
                assert put.source.name in put.source.module.programs, recipe.name


def test_no_image_that_pods_run_needs_root_but_those_that_set_up_nodes_and_networks() -> None:
    privileged = {"cilium", "cilium-operator", "proxyv2", "install-cni", "coredns", "ping", "secrets-store"}
    for recipe in catalog():
        if recipe.loaded and recipe.name not in privileged:
            assert int(recipe.runtime.user.partition(":")[0]) > 0, recipe.name


class TestChoosing:
    def test_none_means_all_but_the_optional(self) -> None:
        optional = replace(RECIPE, name="extra", optional=True)
        assert chosen(None, [RECIPE, optional]) == [RECIPE]
        assert chosen(["extra"], [RECIPE, optional]) == [optional]

    def test_a_name_given_twice_counts_once(self) -> None:
        assert chosen(["pilot", "pilot"], [RECIPE]) == [RECIPE]

    def test_an_unknown_name_is_an_error_that_lists_the_known(self) -> None:
        with pytest.raises(HostError, match="no such image: pilto; there are: pilot"):
            chosen(["pilto"], [RECIPE])


class TestPlanning:
    def names(self, recipes: list[Recipe], cache: Path) -> set[str]:
        return {task.name for task in plan(recipes, recipes, cache)}

    def test_an_empty_cache_needs_every_part_and_a_shared_one_once(self, tmp_path: Path) -> None:
        tasks = plan([RECIPE, replace(RECIPE, name="proxyv2")], [RECIPE], tmp_path)
        assert [task.name for task in tasks] == [
            "istio v0.0.0 from its Go module", "Debian root filesystem network", "image pilot", "image proxyv2",
        ]  # fmt: skip
        assert tasks[-1].needs == {"istio v0.0.0 from its Go module", "Debian root filesystem network"}

    def test_a_part_that_is_there_is_kept(self, tmp_path: Path) -> None:
        MODULES["istio"].output(tmp_path).mkdir(parents=True)
        assert self.names([RECIPE], tmp_path) == {"Debian root filesystem network", "image pilot"}

    def test_an_image_over_another_waits_for_it(self, tmp_path: Path) -> None:
        below = Recipe("python", "3", NETWORK)
        above = Recipe("ping", "1", context=Context(tmp_path), over=below)
        tasks = {task.name: task for task in plan([above], [above, below], tmp_path)}
        assert tasks["image ping"].needs == {"image python"}

    def test_an_image_that_is_there_whole_needs_nothing(self, tmp_path: Path) -> None:
        full_name = reference(RECIPE, [RECIPE])
        places = Places.of(tmp_path, "pilot", full_name.rpartition(":")[2])
        places.archive.parent.mkdir(parents=True)
        (tmp_path / "partial").write_text("")
        image = places.keep("pilot", full_name, tmp_path / "partial", "sha256:1")
        assert existing(RECIPE, [RECIPE], tmp_path) == image
        assert self.names([RECIPE], tmp_path) == set()

    def test_an_archive_without_its_facts_is_made_again(self, tmp_path: Path) -> None:
        places = Places.of(tmp_path, "pilot", reference(RECIPE, [RECIPE]).rpartition(":")[2])
        places.archive.parent.mkdir(parents=True)
        places.archive.write_text("")
        assert "image pilot" in self.names([RECIPE], tmp_path)


def test_only_the_newest_archives_of_an_image_are_kept(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for number, name in enumerate(["cilium-operator", "cilium", "cilium", "cilium", "cilium"]):
        places = Places.of(tmp_path, name, f"1-{number}")
        (tmp_path / "partial").write_text("")
        places.keep(name, f"localhost/pingpong/{name}:1-{number}", tmp_path / "partial", "sha256:1")
        os.utime(places.facts, (number, number))
    assert {path.name for path in (tmp_path / "images").glob("*.tar")} == {
        "cilium-operator-1-0.tar", "cilium-1-2.tar", "cilium-1-3.tar", "cilium-1-4.tar",
    }  # fmt: skip
    assert len(list((tmp_path / "images").iterdir())) == 8


class TestContext:
    @pytest.mark.parametrize(
        ("path", "counts"),
        [
            ("Containerfile", True),
            ("src/pingpong/server.py", True),
            ("pyproject.toml", True),
            ("tests/test_server.py", False),
            ("chart/values.yaml", False),
            (".pytest_cache/x", False),
            ("src/pingpong/__pycache__/server.pyc", False),
            ("src/pingpong.egg-info/PKG-INFO", False),
        ],
    )
    def test_what_is_in_the_image_changes_its_digest_and_nothing_else(
        self, tmp_path: Path, path: str, counts: bool
    ) -> None:
        (tmp_path / "Containerfile").write_text("FROM x")
        before = Context(tmp_path).digest
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("changed")
        assert (Context(tmp_path).digest != before) is counts

    def test_the_base_is_a_build_argument_and_never_pulled(self, tmp_path: Path) -> None:
        arguments = build_arguments(Context(tmp_path), "localhost/pingpong/ping:0.1-abc", "localhost/pingpong/python:3")
        assert "--build-arg=BASE=localhost/pingpong/python:3" in arguments
        assert "--build-arg=VERSION=0.1-abc" in arguments
        assert "--pull-never" in arguments
