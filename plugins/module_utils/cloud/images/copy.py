# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``registry_image``: bring images into registries, each with the digest that it has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.auth import tokens
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.options import CLOUD
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import settings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.images.references import Copy, parse, refused
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.images.skopeo import Skopeo, logged_in
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

REGISTRY_IMAGE: dict[str, Any] = {
    **CLOUD,
    "images": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "source": {"type": "str", "required": True},
            "destination": {"type": "str", "required": True},
        },
    },
    "skopeo": {"type": "path", "default": "skopeo"},
}
# Images at a time: each is a process that compresses and sends.
PARALLEL = 4


def run(options: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    copies = parse(options["images"])
    token = tokens(settings(options["cloud"]).auth).get() if copies else ""
    with (
        logged_in(options["skopeo"], token, sorted({copy.host for copy in copies})) as skopeo,
        ThreadPoolExecutor(PARALLEL) as pool,
    ):
        desired = list(pool.map(lambda copy: _source(skopeo, copy), copies))
        live = list(pool.map(lambda copy: skopeo.digest(f"docker://{copy.destination}"), copies))
        entries = list(zip(copies, live, desired, strict=True))
        if moved := [refused(copy, found, digest) for copy, found, digest in entries if found not in (None, digest)]:
            raise PlatformError("; ".join(moved))
        missing = [copy for copy, found, _desired in entries if found is None]
        if not check_mode:
            list(pool.map(lambda copy: skopeo.copy(copy.source, f"docker://{copy.destination}"), missing))
    before = [f"{copy.destination}@{found}\n" for copy, found, _desired in entries if found]
    after = [f"{copy.destination}@{digest}\n" for copy, _found, digest in entries]
    return {
        "changed": bool(missing),
        "digests": {copy.destination: digest for copy, _found, digest in entries},
        "diff": {"before": "".join(before), "after": "".join(after)},
    }


def _source(skopeo: Skopeo, copy: Copy) -> str:
    digest = skopeo.digest(copy.source)
    if digest is None:
        raise OptionError(f"images: {copy.source}: found no such image")
    return digest
