"""A server that answers each request from a script, for what no cloud does on demand."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import run_stack

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One answer; ``form`` is how its body travels."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    form: str = "plain"


class Google:
    """Answers each request from its script: the answers of a method and path, in turn, the last one for ever."""

    def __init__(self) -> None:
        self.script: dict[str, list[Answer]] = {}
        self.seen: list[str] = []
        google = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def serve(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                google.serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def says(self, request: str, *answers: Answer) -> None:
        self.script[request] = list(answers)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        request = f"{handler.command} {handler.path.split('?')[0]}"
        self.seen.append(f"{handler.command} {handler.path}")
        answers = self.script.get(request) or [Answer({"error": {"code": 404, "message": "not found"}}, 404)]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if answer.form == "gzip":
            data = gzip.compress(data)
            handler.send_header("Content-Encoding", "gzip")
        if answer.form == "chunked":
            handler.send_header("Transfer-Encoding", "chunked")
            half = len(data) // 2
            data = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (data[:half], data[half:])) + b"0\r\n\r\n"
        else:
            handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def run(self, *resources: Body, check: bool = False, **more: Any) -> Body:
        """``gcp_stack`` over these resources."""
        options = {
            "cloud": cloud_options(self),
            "resources": list(resources),
            "state": "present",
            "labels": {},
            "payloads": {"x": "y"},
        }
        rest = {"unprotect": False, "timeout": 20.0, "outputs": {}, "prune": False, "prune_prefix": None, "parallel": 4}
        return run_stack({**options, **rest, **more}, check)


def cloud_options(google: Google) -> Body:
    """The option ``cloud`` of a task that is to ask it."""
    return {
        "project": "p",
        "endpoint": f"http://127.0.0.1:{google.server.server_port}/{{service}}",
        "auth": {"kind": "access_token", "token": "t"},
        "request_timeout": 5.0,
    }


@contextmanager
def scripted_google() -> Iterator[Google]:
    """A server that runs while it is used."""
    server = Google()
    thread = threading.Thread(target=server.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.server.shutdown()
    server.server.server_close()
    thread.join()


def error(code: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    return Answer({"error": {"code": code, "message": message, **more}}, code, headers or {})
