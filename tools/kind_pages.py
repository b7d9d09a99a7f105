"""Write docs/kinds.md from the cloud engine's table of kinds; ``--check`` writes nothing and fails when it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind  # noqa: E402
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.registry import KINDS  # noqa: E402
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import locators  # noqa: E402

PAGE = ROOT / "docs" / "kinds.md"
INTRO = """# Kinds of cloud resources

What `gcp_stack` and `gcp_resource` know. A resource has its `kind`, its `name`, what its place needs, and beside them
the fields of Google's REST resource, as Google documents them. Adding a kind is an entry in
`plugins/module_utils/cloud/kinds/` and one in `tests/conformance/gcp_stack/kinds.yml`.

This page is written by `tools/kind_pages.py`.

| Kind | What it is | Place | REST | Waits by | Labels | Cannot be changed |
|---|---|---|---|---|---|---|
"""


def row(kind: Kind) -> str:
    """One line of the table."""
    place = ", ".join(f"`{name}`" for name in locators(kind)) or "-"
    fixed = ", ".join(f"`{name}`" for name in kind.immutable) or "-"
    if kind.updates and not any("*" in update.fields for update in kind.updates):
        fixed = "all but " + ", ".join(dict.fromkeys(f"`{name}`" for update in kind.updates for name in update.fields))
    labels = f"`{kind.labels}`" if kind.labels else "-"
    waits = kind.flavour if kind.flavour != "none" else "-"
    rest = f"`{kind.service}` `{kind.collection}`"
    return f"| `{kind.name}` | {kind.summary} | {place} | {rest} | {waits} | {labels} | {fixed} |"


def main() -> int:
    text = INTRO + "\n".join(row(kind) for kind in KINDS.values()) + "\n"
    if "--check" in sys.argv[1:]:
        current = PAGE.exists() and PAGE.read_text() == text
        print("" if current else f"{PAGE.name} is stale: run tools/kind_pages.py", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
