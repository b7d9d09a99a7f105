"""What IAM accepts of a service account."""

from __future__ import annotations

import re

from testbed.cloud.core.call import Body
from testbed.cloud.core.protocol.errors import invalid

ACCOUNT_ID = re.compile(r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])")


def check(sent: Body) -> None:
    # https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts#ServiceAccount
    for field, limit in (("displayName", 100), ("description", 256)):
        if len(str(sent.get(field) or "").encode()) > limit:
            raise invalid(f"The {field} can't be longer than {limit} bytes.")
