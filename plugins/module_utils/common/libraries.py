# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Libraries that Python does not bring along: a missing one fails the task before anything has been done.

Files import such a library under ``suppress(ImportError)``, so that each can be loaded without it (for its options
and documentation), and use its names inside functions only. The entrance of each task calls ``require`` first.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError


def require(module: str, purpose: str, package: str | None = None) -> Any:
    """Import a library; PlatformError when it is missing.

    ``purpose`` completes "it is needed to ..."; ``package`` is what pip calls it, where the names differ.
    """
    package = package or module
    try:
        return import_module(module)
    except ImportError as error:
        raise PlatformError(
            f"the Python library {package} is missing where this runs ({error}), and is needed to {purpose}; "
            f"install it: {sys.executable} -m pip install {package}"
        ) from error
