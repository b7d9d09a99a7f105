# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bearer tokens, as they come from files, environments and options."""

from __future__ import annotations


def valid_token(token: str) -> str | None:
    """The token without blanks around it, such as the line end of a file; None for what no header can carry."""
    text = token.strip()
    return text if text and text.isascii() and text.isprintable() and " " not in text else None
