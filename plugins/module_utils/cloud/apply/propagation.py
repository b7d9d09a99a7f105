# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Google is late with, and how long it is worth waiting for. Pure.

Sources: IAM's "Access change propagation" (2 minutes as a rule, 7 and more at times), service accounts (60 seconds and
more), Service Usage (an API that was just enabled refuses with SERVICE_DISABLED for minutes, sometimes beyond 10),
Kubernetes Engine (one operation a cluster), Compute Engine (what a controller leaves goes some minutes after it).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError, OperationError
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

_USERS = re.compile(r"being used by '([^']+)'")


@dataclass(frozen=True)
class Limits:
    """The longest that is waited for each, in seconds; the resource's own deadline bounds all of them."""

    api: float = 900.0
    account: float = 300.0
    grant: float = 600.0
    created: float = 300.0
    users: float = 600.0


class NotThereYetError(PlatformError):
    """Something that was just made cannot be read yet."""


@dataclass(frozen=True)
class Awaited:
    """What is waited for, as it reads after "waited for", and for how many seconds at most."""

    what: str
    limit: float


def awaited(error: PlatformError, granted: bool, enabled: Callable[[], bool], limits: Limits) -> Awaited | None:
    """What an error asks to wait for; None when waiting does not help.

    ``granted``: whether this run changed a policy; ``enabled``: whether the resource's API is enabled in the project.
    """
    if isinstance(error, NotThereYetError):
        return Awaited(error.message, limits.created)
    if isinstance(error, OperationError):
        return _users(error.message, limits) if error.in_use else None
    if not isinstance(error, ApiError):
        return None
    if error.disabled:
        return Awaited("the API, which is enabled, to be served", limits.api) if enabled() else None
    if error.in_use:
        return _users(error.text, limits)
    if error.busy:
        return Awaited("an operation that is under way", math.inf)
    if error.unknown_account:
        return Awaited("the service account to be known", limits.account)
    if granted and error.denied:
        return Awaited("a role that was granted to take effect", limits.grant)
    return None


def _users(message: str, limits: Limits) -> Awaited:
    users = ", ".join(dict.fromkeys(_USERS.findall(message)))
    return Awaited(f"what uses it to be gone{f' ({users})' if users else ''}", limits.users)
