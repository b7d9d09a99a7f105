# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Binary Authorization. Source: discovery document binaryauthorization v1."""

from __future__ import annotations

import re

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Kind, only

_CLUSTER = re.compile(r"[a-z]+-[a-z]+[0-9]+(?:-[a-z])?\.[a-z][a-z0-9-]*")


def _admission(values: Body) -> Body:
    only(values, "clusters", "patterns")
    clusters, patterns = values.get("clusters"), values.get("patterns")
    if not isinstance(clusters, list) or not all(_CLUSTER.fullmatch(str(name)) for name in clusters):
        raise ValueError(f"clusters must be a list of LOCATION.CLUSTER as in europe-west1.primary (found {clusters!r})")
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise ValueError(
            f"patterns must be a list of images as in europe-docker.pkg.dev/p/images/** (found {patterns!r})"
        )
    return {"clusters": clusters, "patterns": patterns}


KINDS = (
    Kind(
        "admission_policy",
        "binaryauthorization",
        "v1/projects/{project}",
        "Binary Authorization's policy: clusters that run images of these patterns and Google's own alone",
        item="{collection}/policy",
        listed=False,
        named=False,
        create_path="{item}",
        planner="admission",
        prepare=_admission,
        serial="policy:{item}",
    ),
)
