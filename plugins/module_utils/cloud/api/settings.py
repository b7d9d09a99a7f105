# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How to reach Google: the options that all cloud tasks share, completed from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import ENDPOINT
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError


@dataclass(frozen=True)
class CloudSettings:
    """``endpoint`` is a template with {service}; ``request_timeout`` is in seconds."""

    project: str
    endpoint: str = ENDPOINT
    ca_file: str | None = None
    auth: dict[str, Any] = field(default_factory=dict)
    request_timeout: float = 60.0


def settings(args: dict[str, Any]) -> CloudSettings:
    """From a task's options; what is not given is taken from the environment, then from the defaults."""
    project = args.get("project") or os.environ.get("GCP_PROJECT") or os.environ.get("GOOGLE_CLOUD_PROJECT")
    if not project:
        raise OptionError("cloud.project is missing; give the option or set GCP_PROJECT")
    patience = args.get("request_timeout")
    if patience is not None and patience <= 0:
        raise OptionError(f"cloud.request_timeout is {patience:g}, expected more than 0 seconds")
    return CloudSettings(
        project=project,
        endpoint=args.get("endpoint") or os.environ.get("PINGPONG_CLOUD_ENDPOINT") or ENDPOINT,
        ca_file=args.get("ca_file") or os.environ.get("PINGPONG_CLOUD_CA_FILE"),
        auth={name: value for name, value in (args.get("auth") or {}).items() if value is not None},
        request_timeout=float(args.get("request_timeout") or 60.0),
    )
