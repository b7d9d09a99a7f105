# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Label selectors: what a selector of the API matches, as the API server would decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

Labels = Mapping[str, str]

OPERATORS: dict[str, Callable[[Labels, str, list[str]], bool]] = {
    "In": lambda labels, key, values: key in labels and labels[key] in values,
    "NotIn": lambda labels, key, values: key not in labels or labels[key] not in values,
    "Exists": lambda labels, key, values: key in labels,
    "DoesNotExist": lambda labels, key, values: key not in labels,
}


def matches(selector: Mapping[str, Any] | None, labels: Labels) -> bool:
    """Whether a selector selects labels: an absent one selects nothing, an empty one everything."""
    if selector is None:
        return False
    wanted: Labels = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression(expression, labels) for expression in selector.get("matchExpressions") or [])


def _expression(expression: Mapping[str, Any], labels: Labels) -> bool:
    operator = OPERATORS.get(expression.get("operator") or "")
    if operator is None:
        raise PlatformError(
            f"matchExpressions: found operator {expression.get('operator')!r}, expected one of {', '.join(OPERATORS)}"
        )
    return operator(labels, expression["key"], list(expression.get("values") or []))
