# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Import this collection's ``module_utils`` from bytecode, as Python imports anything else.

Ansible's own loader of collections compiles every file of every run anew, which costs ``k8s_apply`` more than its
requests. Importing this module first is enough; where no bytecode can be written the file is compiled as before.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

_PREFIX = f"{__name__.partition('.plugin_utils')[0]}.module_utils."


class BytecodeFinder:
    """A finder before Ansible's, for the packages below ``module_utils`` only."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The file's spec with Python's own loader, None for what is not of this collection."""
        if not name.startswith(_PREFIX):
            return None
        found = (FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(name) for folder in path or ())
        return next((spec for spec in found if spec is not None), None)


if BytecodeFinder not in sys.meta_path:
    sys.meta_path.insert(0, BytecodeFinder)
