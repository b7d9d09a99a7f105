# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Files that are never seen half-written, nor by others."""

from __future__ import annotations

import fcntl
import grp
import os
import pwd
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

PRIVATE = 0o600
EVERYONE = 0o007
_UNFINISHED = re.compile("[0-9a-f]{16}")  # behind the name of a file that is not complete
_LAST_ID = 2**32 - 2  # the next one means nobody to the kernel


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read a file: its mode, and owner and group by id (None: as the process creates it)."""

    mode: int = PRIVATE
    uid: int | None = None
    gid: int | None = None

    def differs(self, path: Path) -> str:
        """How the file's access is another than this; empty when it is the same."""
        found = path.stat()
        if found.st_mode & 0o7777 != self.mode:
            return f"the mode of {path} is {found.st_mode & 0o7777:04o}, expected {self.mode:04o}"
        if self.uid is not None and found.st_uid != self.uid:
            return f"the owner of {path} is {found.st_uid}, expected {self.uid}"
        if self.gid is not None and found.st_gid != self.gid:
            return f"the group of {path} is {found.st_gid}, expected {self.gid}"
        return ""


def parse_access(
    option: str, owner: str | None, group: str | None, mode: str | int | None, field: str = "mode"
) -> Access:
    """Read ``owner``, ``group`` (names or ids) and ``mode`` (octal digits, or the number of them) into ids and bits.

    ``field`` is the suboption that ``mode`` comes from, for errors.
    """
    try:
        # YAML reads 0600 without quotes as the number 384.
        bits = mode if isinstance(mode, int) else int(mode or "0600", 8)
    except (TypeError, ValueError):
        raise OptionError(f'{option}.{field}: found "{mode}", expected octal digits such as "0600"') from None
    if not 0 <= bits <= 0o777:
        raise OptionError(f'{option}.{field}: found "{mode}", expected octal digits such as "0600"')
    uid = _id(f"{option}.owner", owner, lambda name: pwd.getpwnam(name).pw_uid, "user")
    gid = _id(f"{option}.group", group, lambda name: grp.getgrnam(name).gr_gid, "group")
    return Access(bits, uid, gid)


def _id(option: str, name: str | None, find: Callable[[str], int], what: str) -> int | None:
    """The id that a name or a number stands for, None where there is neither; ``find`` raises KeyError."""
    if name is None:
        return None
    if not name.isdecimal():
        try:
            return find(name)
        except KeyError:
            raise OptionError(f'{option}: found "{name}", expected a {what} of this machine') from None
    if int(name) > _LAST_ID:
        raise OptionError(f'{option}: found "{name}", expected at most {_LAST_ID}')
    return int(name)


@contextmanager
def locked(paths: Iterable[Path]) -> Iterator[None]:
    """Keep other runs out of the files' folders: of two that make the same pair, key and certificate would mix."""
    with ExitStack() as locks:
        # By their real names: of a folder under two names the second lock would wait for the first, forever.
        for folder in sorted({Path(os.path.realpath(path.parent)) for path in paths}):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise PlatformError(f"{folder}: can't be made: {error.strerror}") from None
            with suppress(OSError):  # a file system without locks
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                locks.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def remove_leftovers(path: Path) -> None:
    """Remove what a killed ``write`` left of the file; the caller holds ``locked``."""
    prefix = f".{path.name}."
    with suppress(FileNotFoundError), os.scandir(path.parent) as names:
        for left in names:
            if left.name.startswith(prefix) and _UNFINISHED.fullmatch(left.name, len(prefix)):
                path.with_name(left.name).unlink(missing_ok=True)


def write(path: Path, data: bytes, access: Access) -> None:
    """Replace the file: a new one beside it, readable by its owner alone until it is complete, then renamed."""
    write_together({path: (data, access)})


def write_together(files: Mapping[Path, tuple[bytes, Access]]) -> None:
    """Replace the files, in their order, once all of them are on the disk: if one can't be written, none is changed."""
    fresh = {path: path.with_name(f".{path.name}.{secrets.token_hex(8)}") for path in files}
    try:
        for path, (data, access) in files.items():
            _create(fresh[path], data, access)
        for path in files:
            fresh[path].replace(path)
        for folder in {path.parent for path in files}:
            _sync(folder)
    except OSError as error:
        raise PlatformError(f"{path}: can't be written: {error.strerror}") from None
    finally:
        for left in fresh.values():
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _create(path: Path, data: bytes, access: Access) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fchown(descriptor, _or_keep(access.uid), _or_keep(access.gid))
        os.fchmod(descriptor, access.mode)
        os.fsync(descriptor)


def read(path: Path) -> bytes | None:
    """The file's content, None when there is no file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PlatformError(f"{path}: can't be read: {error.strerror}") from None


def _or_keep(identity: int | None) -> int:
    return -1 if identity is None else identity


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
