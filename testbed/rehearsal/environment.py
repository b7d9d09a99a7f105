"""The environment of a rehearsal's programs: Google's names, and the upstreams', lead to the local cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

# Loopback and the clusters' own network are reached directly, as they are without a rehearsal.
DIRECT = ("127.0.0.1", "localhost", "198.51.100.0/24")


def environment(proxy: str, authority: Path, credentials: Path, before: Mapping[str, str]) -> dict[str, str]:
    """What is added to the environment ``before``.

    ``proxy`` is the URL of the local cloud's CONNECT proxy, ``authority`` the file of whom to trust, ``credentials``
    the application default credentials. Each program has its own names for the first two.
    """
    direct = ",".join([*DIRECT, *filter(None, [before.get("no_proxy", before.get("NO_PROXY", ""))])])
    return {
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), direct),
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(authority)),
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
    }


def person(token: str) -> str:
    """Application default credentials of a person, as ``gcloud auth application-default login`` leaves them."""
    return json.dumps(
        {"type": "authorized_user", "client_id": "rehearsal", "client_secret": "none", "refresh_token": token}
    )
