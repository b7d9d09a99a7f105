# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of ``certificate``, for the module and the action plugin alike."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.options import CLOUD
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.spec import CONNECTION
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import EXTENDED_USAGES, USAGES
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import ALGORITHMS, DEFAULT_ALGORITHM

Spec = dict[str, Any]


def texts(**extra: Any) -> Spec:
    """A list of texts."""
    return {"type": "list", "elements": "str", **extra}


# The name of a Secret is no secret: ``no_log`` says so, for without it Ansible takes the option for one.
SECRET_NAME: Spec = {
    "type": "dict",
    "no_log": False,
    "options": {"namespace": {"type": "str", "required": True}, "name": {"type": "str", "required": True}},
}
SUBTREES: Spec = {"type": "dict", "options": {kind: texts() for kind in ("dns", "ips", "uris", "emails")}}
ACCESS: Spec = {"owner": {"type": "str"}, "group": {"type": "str"}, "mode": {"type": "raw", "default": "0600"}}

# A secret of Secret Manager by its name, which is no secret either.
SECRET_MANAGER: Spec = {"type": "dict", "no_log": False, "options": {"name": {"type": "str", "required": True}}}

ISSUER: Spec = {
    "type": "dict",
    "options": {
        "ref": {"type": "str"},
        "secret": SECRET_NAME,
        "secret_manager": SECRET_MANAGER,
        "certificate_file": {"type": "path"},
        "key_file": {"type": "path"},
        "certificate": {"type": "str"},
        "key": {"type": "str", "no_log": True},
        "passphrase": {"type": "str", "no_log": True},
    },
    "mutually_exclusive": [
        ["ref", "secret", "secret_manager", "certificate_file", "certificate"],
    ],
    "required_together": [["certificate_file", "key_file"], ["certificate", "key"]],
}
SINK: Spec = {
    "type": "list",
    "elements": "dict",
    "options": {
        "secret": {
            "type": "dict",
            "no_log": False,
            "options": {
                **SECRET_NAME["options"],
                "type": {"type": "str", "choices": ["tls", "opaque", "cacerts"], "default": "tls"},
                "fields": {"type": "dict"},
            },
        },
        "secret_manager": SECRET_MANAGER,
        "files": {
            "type": "dict",
            "options": {
                "certificate": {"type": "path", "required": True},
                "key": {"type": "path", "required": True, "no_log": False},
                "chain": {"type": "path"},
                **ACCESS,
                "key_mode": {"type": "raw", "no_log": False},
            },
        },
        "pkcs12": {
            "type": "dict",
            "options": {
                "file": {"type": "path", "required": True},
                "passphrase": {"type": "str", "required": True, "no_log": True},
                "friendly_name": {"type": "str"},
                **ACCESS,
            },
        },
    },
    "mutually_exclusive": [["secret", "secret_manager", "files", "pkcs12"]],
    "required_one_of": [["secret", "secret_manager", "files", "pkcs12"]],
}
CERTIFICATES: Spec = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "common_name": {"type": "str"},
        "organization": {"type": "str"},
        "dns": texts(),
        "ips": texts(),
        "uris": texts(),
        "emails": texts(),
        "key": {
            "type": "dict",
            "no_log": False,
            "options": {"algorithm": {"type": "str", "choices": list(ALGORITHMS), "default": DEFAULT_ALGORITHM}},
        },
        "usages": texts(choices=list(USAGES)),
        "extended_usages": texts(choices=list(EXTENDED_USAGES)),
        "ca": {"type": "dict", "options": {"path_length": {"type": "int"}}},
        "name_constraints": {"type": "dict", "options": {"permitted": SUBTREES, "excluded": SUBTREES}},
        "validity": {"type": "str", "default": "90d"},
        "renew_before": {"type": "str", "default": "33%"},
        "issuer": ISSUER,
        "sinks": SINK,
        "mesh_leaf": {"type": "bool", "default": False},
        "return_content": {"type": "bool", "default": False},
        "return_trusted": {"type": "bool", "default": False},
    },
}
ARGUMENT_SPEC: Spec = {
    "certificates": CERTIFICATES,
    # Only where a Secret is read or written.
    "connection": {**CONNECTION, "required": False},
    **CLOUD,
    "environment_name": {"type": "str"},
    "layer": {"type": "str", "default": "certificates"},
}
