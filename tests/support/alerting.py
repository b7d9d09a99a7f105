"""Prometheus and Alertmanager as the role's pods start them, but on loopback, in folders and with targets of tests."""

from __future__ import annotations

import contextlib
import http.server
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import yaml

from testbed.host import cache_root
from testbed.images.golang import BY_NAME, build
from tests.support.apiserver import free_ports
from tests.support.roles import rendered

DEADLINE = 60.0
Document = dict[str, Any]


class _Program:
    """A program that was built here, in a folder of its own, asked over HTTP; ``with`` ends it."""

    def __init__(self, name: str, folder: Path, arguments: Sequence[str], port: int) -> None:
        cache = cache_root()
        program = build(BY_NAME[name], cache, cache / "logs" / f"{name}.log") / name
        self.name, self.port = name, port
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [program, *arguments, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_unused: object) -> None:
        self.process.terminate()
        self.process.wait(30)

    def ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return json.load(answer)

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """What it answers once that ``holds``."""
        end, seen = time.monotonic() + DEADLINE, None
        while time.monotonic() < end:
            with contextlib.suppress(urllib.error.URLError):
                seen = self.ask(path)
                if holds(seen):
                    return seen
            assert self.process.poll() is None, f"{self.name} ended"
            time.sleep(0.2)
        raise AssertionError(f"{path} after {DEADLINE} s: {seen}")


class Prometheus(_Program):
    """It scrapes what is in ``verdicts``, its own file, and evaluates every rule each second.

    What fires from the start is sent before Alertmanager is discovered, so it is sent again soon.
    """

    def __init__(self, folder: Path, alertmanagers: Sequence[int] = ()) -> None:
        documents = rendered("monitoring", "local", "prometheus.yml.j2", monitoring_scrape_interval="1s")
        self.verdicts, (port,) = folder / "verdicts", free_ports(1)
        self.verdicts.mkdir(parents=True)
        data = _of(documents, "ConfigMap")["data"]
        config = yaml.safe_load(data["prometheus.yml"])
        config["rule_files"] = [str(folder / "*.rules.yml")]
        own = [job for job in config["scrape_configs"] if job["job_name"] == "proofs"]
        config["scrape_configs"] = json.loads(json.dumps(own).replace("9090", str(port)))
        targets = [f"127.0.0.1:{one}" for one in alertmanagers]
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": targets}]}]}
        for name, text in {**data, "prometheus.yml": yaml.safe_dump(config)}.items():
            (folder / name).write_text(text)
        folders = {"/etc/prometheus": folder, "/etc/proof-verdicts": self.verdicts, "/prometheus": folder / "tsdb"}
        arguments = _arguments(documents, {f"={a}": f"={b}" for a, b in folders.items()})
        super().__init__("prometheus", folder, [*arguments, "--rules.alert.resend-delay=2s"], port)


class Alertmanager(_Program):
    """As an inventory with these ``variables`` has it; ``peers`` are the ports of its cluster, its own the first."""

    def __init__(self, folder: Path, peers: Sequence[int] = (), **variables: Any) -> None:
        (folder / "secrets").mkdir(parents=True)
        documents = rendered("monitoring", "local", "alertmanager.yml.j2", **variables)
        files = {
            name: text.replace("/etc/alertmanager/secrets", str(folder / "secrets"))
            for document in documents
            if document["kind"] == "Secret"
            for name, text in document["stringData"].items()
        }
        for name, text in files.items():
            (folder / ("" if name == "alertmanager.yml" else "secrets") / name).write_text(text)
        places = {"/etc/alertmanager/config": str(folder), "=/alertmanager": f"={folder}/data"}
        if peers:
            own = f"127.0.0.1:{peers[0]}"
            places |= {"0.0.0.0:9094": own, "$(POD_IP):9094": own}
        arguments = _arguments(documents, places)
        arguments = [text for text in arguments if not text.startswith("--cluster.peer=")]
        arguments += [f"--cluster.peer=127.0.0.1:{one}" for one in peers[1:]]
        super().__init__("alertmanager", folder, arguments, free_ports(1)[0])


class Receiver:
    """A webhook on loopback that keeps what it is sent."""

    def __init__(self, port: int, got: list[Document]) -> None:
        self.url, self.got = f"http://127.0.0.1:{port}/", got

    def until(self, holds: Callable[[Document], bool]) -> Document:
        """The first notification that ``holds``."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if found := next(filter(holds, list(self.got)), None):
                return found
            time.sleep(0.2)
        raise AssertionError(f"after {DEADLINE} s it got {self.got}")


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    got: list[Document] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_unused: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Receiver(server.server_port, got)
        server.shutdown()


def _of(documents: Sequence[Document], kind: str) -> Document:
    return next(document for document in documents if document["kind"] == kind)


def _arguments(documents: Sequence[Document], places: Mapping[str, str]) -> list[str]:
    """What the pod's program is started with, but for the places that are others here."""
    arguments = _of(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]
    for old, new in places.items():
        arguments = [text.replace(old, new) for text in arguments]
    return list(arguments)
