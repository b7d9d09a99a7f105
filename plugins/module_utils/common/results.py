# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parts of a task's result: diffs as Ansible prints them."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import dump


def diff(before: Any, after: Any, header: str = "", before_header: str = "") -> dict[str, str]:
    """One entry of ``diff``: both sides as YAML (None: the thing does not exist), under the thing's name.

    ``before_header`` is shown instead of ``header`` above what was there before.

    The caller masks secrets first (``redact.redact_pair``).
    """
    entry = {"before": dump(before), "after": dump(after)}
    if header:
        entry["before_header"] = before_header or header
        entry["after_header"] = header
    return entry
