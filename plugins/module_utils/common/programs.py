# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Programs that a user names by an option, such as helm: run to their end, with their absence told as that option's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError


def run_program(
    option: str,
    argv: Sequence[str],
    *,
    what: str,
    timeout: float,
    called: str = "it",
    stdin: bytes = b"",
    pass_fds: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """What it printed and returned; OptionError when it can't be run, PlatformError after ``timeout`` seconds.

    ``what`` is being done begins the latter's message; ``called`` is what to install; ``env`` adds to our environment.
    """
    try:
        # No module's run_command: this runs in the controller too. pylint: disable-next=ansible-bad-function
        return subprocess.run(
            argv, input=stdin, capture_output=True, timeout=timeout, check=False, pass_fds=pass_fds,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
    except FileNotFoundError:
        raise OptionError(f"{option}: the program {argv[0]} was not found; install {called} or name its path") from None
    except OSError as error:
        raise OptionError(f"{option}: {argv[0]} cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise PlatformError(f"{what}: {option} {argv[1]} did not end within {timeout:g} seconds") from None
