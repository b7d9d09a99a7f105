"""generateAccessToken: a token of a service account for somebody who may have it."""

from __future__ import annotations

import re

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.values import whole_second

DURATION = re.compile(r"(\d+)(?:\.\d+)?s")
MAX_SECONDS = 3600


@serves("iamcredentials.projects.serviceAccounts.generateAccessToken")
def generate(call: Call) -> Body:
    """https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken"""
    email = call.path["name"].rpartition("/")[2]
    project = email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    if call.store.get(f"iam/projects/{project}/serviceAccounts/{email}") is None:
        raise ApiError(404, "Not found; Gaia id not found for email " + email)
    if not call.body.get("scope"):
        raise invalid("Request contains an invalid argument: scope must be given.")
    found = DURATION.fullmatch(str(call.body.get("lifetime") or f"{MAX_SECONDS}s"))
    seconds = int(found[1]) if found else 0
    if not 1 <= seconds <= MAX_SECONDS:
        raise invalid(f"The lifetime must be 1 to {MAX_SECONDS} seconds, found {call.body.get('lifetime')}.")
    return {"accessToken": call.cloud.token, "expireTime": whole_second(call.now + seconds)}
