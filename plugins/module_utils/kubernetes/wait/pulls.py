# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Why an image of Artifact Registry is not pulled, in the words of who can mend it: nodes hear a status alone. Pure."""

from __future__ import annotations

import re

_IMAGE = re.compile(
    r"(?P<location>[a-z]+(?:-[a-z]+[0-9]+)?)-docker\.pkg\.dev/(?P<project>[a-z0-9.:-]+)/(?P<name>[a-z0-9-]+)/"
)
# containerd asks for the manifest with HEAD, or for a token; an answer to neither has a body that it would show.
_REFUSED = re.compile(r"403 Forbidden|401 Unauthorized|failed to authorize|denied:", re.IGNORECASE)
_MISSING = re.compile(r"not found|404 Not Found", re.IGNORECASE)


def cure(message: str) -> str:
    """What a kubelet's message on a pull calls for, to be put after it; empty where it says nothing of the registry."""
    found = _IMAGE.search(message)
    if not found:
        return ""
    repository = f"projects/{found['project']}/locations/{found['location']}/repositories/{found['name']}"
    if _REFUSED.search(message):
        return f"; expected the nodes' service account to have roles/artifactregistry.reader on {repository}"
    if _MISSING.search(message):
        return f"; expected {repository} to exist and to have it, or the upstream of a remote repository"
    return ""
