# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resolve a name from inside pods, by their own resolv.conf."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import exchange_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.observe import (
    PAUSE,
    WORKERS,
    Source,
    connect_probe,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.resolution import has_resolved
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober

HTTPS = 443


def resolve(prober: Prober, sources: Sequence[Source], name: str, settle: float) -> dict[str, bool | None]:
    """For each source whether it resolves a name by its own resolv.conf; None for one that could not ask.

    Policies take a moment to reach every node: the last answer within ``settle`` seconds counts, unless two agree.
    """

    def ask(source: Source) -> bool | None:
        # Only the way to an address matters: what a connection to the port would meet is another question.
        try:
            result = prober.run(source.pod, [connect_probe("name", name, HTTPS)])["results"][0]
        except PlatformError:
            return None
        return has_resolved(exchange_from(result))

    def settled(source: Source) -> bool | None:
        deadline = time.monotonic() + settle
        before, now = ask(source), ask(source)
        while now != before and time.monotonic() < deadline:
            time.sleep(PAUSE)
            before, now = now, ask(source)
        return now

    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip([source.name for source in sources], pool.map(settled, sources), strict=True))
