# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What all kinds of Compute Engine share: paths, output fields, logging that is off, labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Context,
    Kind,
    Update,
    setter,
)

_PROJECT = "compute/v1/projects/{project}"
_PAGE = {"maxResults": "500"}
# What every answer has beside what the discovery document calls output only.
_SERVER = ("fingerprint", "labelFingerprint")


def compute(name: str, where: str, collection: str, summary: str, **data: Any) -> Kind:
    output = (*_SERVER, *data.pop("output_only", ()))
    path = f"{_PROJECT}/{where}/{collection}"
    create_only = ("params", *data.pop("create_only", ()))  # tags of the resource manager, which no answer has
    return Kind(
        name,
        "compute",
        path,
        summary,
        flavour="compute",
        list_query=_PAGE,
        output_only=output,
        create_only=create_only,
        **data,
    )


def logged(update: Update) -> Update:
    """An update in which logging that is off has no settings: Google takes them only while it is on."""

    def build(context: Context) -> Body:
        body = update.build(context)
        logs = body.get("logConfig")
        return {**body, "logConfig": {"enable": False}} if logs and not logs.get("enable") else body

    return replace(update, build=build)


def unlogged(desired: Body, live: Body) -> tuple[str, ...]:
    """The settings of logging, which nothing comes of while it is off."""
    logs = desired.get("logConfig") or {}
    return () if logs.get("enable", True) else tuple(f"logConfig.{name}" for name in logs if name != "enable")


LABELS = setter("setLabels", "labels", fingerprint="labelFingerprint")
