"""The ``.env`` file, in python-dotenv's dialect, but that what stands in single quotes is literal, as in a shell.

``NAME=value``, also with ``export`` in front; a comment begins with a ``#`` at a line's start or behind a space.
Unquoted, a value ends before the comment or the line's end, without the spaces around it. In double quotes escapes
as C's are read, in single quotes those of quote and backslash alone; both may take several lines.
Outside of single quotes ``${NAME}`` and ``${NAME:-default}`` stand for an earlier value of the file, or else one of
the environment. ``$NAME`` stands for itself, which is where Docker Compose differs; ``docker run --env-file`` knows
neither quotes nor names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from dotenv.parser import Original, parse_stream
from dotenv.variables import parse_variables

_SINGLE_QUOTED = re.compile(r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*=[^\S\r\n]*'")


class MalformedLineError(ValueError):
    """Lines that would be passed over, so that a default were taken unseen; the message names each."""


def read(path: Path, encoding: str = "utf-8") -> dict[str, str | None]:
    """The file's values by name. Raises ``MalformedLineError``, and what reading a file can raise."""
    values: dict[str, str | None] = {}
    wrong = []
    with path.open(encoding=encoding) as stream:
        for line in parse_stream(stream):
            if line.error or (line.key and line.value is None):
                wrong.append(line.original)
            elif line.key is not None and line.value is not None:
                literal = _SINGLE_QUOTED.match(line.original.string)
                values[line.key] = line.value if literal else _expand(line.value, values)
    if wrong:
        raise MalformedLineError("\n".join(f"{path} {_explain(line)}" for line in wrong))
    return values


def _expand(value: str, earlier: dict[str, str | None]) -> str:
    return "".join(atom.resolve({**os.environ, **earlier}) for atom in parse_variables(value))


def _explain(line: Original) -> str:
    text = line.string.lstrip()
    at = line.line + line.string[: len(line.string) - len(text)].count("\n")
    name = re.match(r"(?:export\s+)?(\w*)", text)
    # no more than the name: what follows it may be a secret
    return f"line {at}: found {name[1] if name else ''!r}…; expected NAME=value"
