"""``python -m pingpong.smoke URL``: whether a new version answers, before any client is sent to it.

Each ping has a connection of its own. Ends with 0 when every one was answered, else with 1 and what came instead.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
from collections import Counter
from urllib.parse import urlsplit

TIMEOUT = 5.0


def ask(host: str, port: int, path: str) -> tuple[int, str]:
    """The status and body of a GET on a fresh connection; 0 and the kind of failure where there is no answer."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers={"User-Agent": "pingpong-smoke"})
        answer = connection.getresponse()
        return answer.status, answer.read(4096).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, type(error).__name__
    finally:
        connection.close()


def main(arguments: list[str] | None = None) -> int:
    """Ask for the version once and for pings as often as told."""
    parser = argparse.ArgumentParser(prog="pingpong.smoke", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url", help="http://host:port of the version to test")
    parser.add_argument("--requests", type=int, default=50)
    options = parser.parse_args(arguments)
    place = urlsplit(options.url)
    host, port = place.hostname or "", place.port or 80
    status, version = ask(host, port, "/version")
    answers = Counter(ask(host, port, "/ping") for _number in range(options.requests))
    failed = answers.total() - answers[200, "pong"] + (status != 200)
    seen = {f"{code} {body[:80]}": count for (code, body), count in answers.items()}
    print(json.dumps({"version": version, "failed": failed, "answers": seen}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
