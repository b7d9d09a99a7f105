# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The option ``cloud``, which every task on Google Cloud has; without imports, which such tasks would pay for."""

from __future__ import annotations

from typing import Any

CLOUD: dict[str, Any] = {
    "cloud": {
        "type": "dict",
        "default": {},
        "options": {
            "project": {"type": "str"},
            "endpoint": {"type": "str"},
            "ca_file": {"type": "path"},
            "request_timeout": {"type": "float", "default": 60.0},
            "auth": {
                "type": "dict",
                "options": {
                    "kind": {
                        "type": "str",
                        "default": "application_default",
                        "choices": [
                            "application_default",
                            "service_account",
                            "impersonation",
                            "workload_identity",
                            "access_token",
                        ],
                    },
                    "token": {"type": "str", "no_log": True},
                    "token_file": {"type": "path", "no_log": False},
                    "credentials_file": {"type": "path"},
                    "service_account": {"type": "str"},
                    "scopes": {"type": "list", "elements": "str"},
                },
            },
        },
    },
}
