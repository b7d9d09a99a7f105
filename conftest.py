"""Make the checkout importable as ``ansible_collections.pingpong.platform`` in tests."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent
LINK = ROOT / ".collections" / "ansible_collections" / "pingpong" / "platform"

if not LINK.is_symlink():
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.symlink_to("../../..")
for path in (ROOT / ".collections", ROOT, ROOT / "service" / "src"):
    if str(path) not in sys.path:
        sys.path.insert(0, str(path))
