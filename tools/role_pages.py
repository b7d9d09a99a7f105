"""Write each role's README.md from its argument spec, so that the page can't drift from what the role takes.

``--check`` writes nothing and fails when a page is not current.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


# ansible-doc's markup for code, values, options, plugins: to a page they are all code.
MARKUP = re.compile(r"\b[CMOV]\((?:[\w.]+#module:)?([^)]*)\)")


def sentences(text: str | list[str]) -> str:
    return MARKUP.sub(r"`\1`", "\n\n".join([text] if isinstance(text, str) else text))


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list) and len(json.dumps(value)) > 60:
        return "see `defaults/main.yml`"
    return f"`{json.dumps(value) if not isinstance(value, str) else value or json.dumps(value)}`"


def _default(option: dict[str, Any], *, derived: bool) -> str:
    if option.get("required"):
        return "**required**"
    return "see `defaults/main.yml`" if derived else shown(option.get("default"))


def rows(options: dict[str, Any], prefix: str = "") -> list[str]:
    lines = []
    for name, option in options.items():
        kind = option.get("type", "str") + (f" of {option['elements']}" if "elements" in option else "")
        choices = f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}." if "choices" in option else ""
        need = _default(option, derived=not prefix and "default" not in option)
        lines.append(f"| `{prefix}{name}` | {kind} | {need} | {cell(sentences(option['description']))}{choices} |")
        lines += rows(option.get("options", {}), f"{prefix}{name}.")
    return lines


def page(role: Path) -> str:
    spec = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    parts = [f"# {role.name}"]
    for name, entry in spec.items():
        if name != "main":
            parts.append(f"## `tasks_from: {name}`")
        parts += [f"{entry['short_description']}.", sentences(entry["description"])]
        if entry.get("options"):
            table = ["| Variable | Type | Default | What it is |", "|---|---|---|---|", *rows(entry["options"])]
            parts.append("\n".join(table))
    parts.append("Every variable's default is in `defaults/main.yml`; an environment sets its own in `inventories/`.")
    return "\n\n".join(parts) + "\n"


def main() -> int:
    stale = []
    for role in sorted(path for path in (ROOT / "roles").iterdir() if (path / "meta/argument_specs.yml").exists()):
        target, text = role / "README.md", page(role)
        if not target.exists() or target.read_text() != text:
            stale.append(str(target.relative_to(ROOT)))
            if "--check" not in sys.argv:
                target.write_text(text)
    if stale and "--check" in sys.argv:
        print("not current, run python tools/role_pages.py:", *stale, sep="\n  ", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
