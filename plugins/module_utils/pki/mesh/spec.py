# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of ``mesh_ca``, for the module and the action plugin alike."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.options import CLOUD
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import ALGORITHMS, DEFAULT_ALGORITHM
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Stage

Spec = dict[str, Any]

ALGORITHM: Spec = {"type": "str", "choices": list(ALGORITHMS), "default": DEFAULT_ALGORITHM}

ARGUMENT_SPEC: Spec = {
    # Each value is a connection; a dict with names of the user's choice has no options to validate by.
    "clusters": {"type": "dict", "required": True},
    "trust_domain": {"type": "str", "required": True},
    "root": {
        "type": "dict",
        "required": True,
        "options": {
            "file": {"type": "path"},
            "certificate": {"type": "str"},
            "key": {"type": "str", "no_log": True},
            "secret": {"type": "str", "no_log": False},
            "algorithm": ALGORITHM,
            "validity": {"type": "str", "default": "3650d"},
            "renew_before": {"type": "str", "default": "20%"},
        },
        "mutually_exclusive": [["file", "certificate", "secret"]],
        "required_one_of": [["file", "certificate", "secret"]],
        "required_together": [["certificate", "key"]],
    },
    "intermediate": {
        "type": "dict",
        "options": {
            "algorithm": ALGORITHM,
            "validity": {"type": "str", "default": "365d"},
            "renew_before": {"type": "str", "default": "33%"},
            "name_constraints": {"type": "bool", "default": True},
        },
    },
    "stage": {"type": "str", "choices": [str(stage) for stage in Stage], "default": str(Stage.STEADY)},
    "environment_name": {"type": "str"},
    "layer": {"type": "str", "default": "mesh-ca"},
    **CLOUD,
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 600},
    "wait_sleep": {"type": "int", "default": 2},
}
