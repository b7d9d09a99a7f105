"""Install pip as ansible-test asks its bootstrap to, from the copy that Python carries."""

from __future__ import annotations

import subprocess
import sys

DROPPED = {"--no-setuptools", "--no-wheel"}

subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], check=True)
arguments = [argument for argument in sys.argv[1:] if argument not in DROPPED]
if arguments:
    subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=True)
