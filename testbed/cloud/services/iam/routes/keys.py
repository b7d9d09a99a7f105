"""Keys of service accounts: made, listed, deleted. The private half is shown once and not kept."""

from __future__ import annotations

import base64
import json
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import not_found
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.iam.state import find

PREFIX = "iam.projects.serviceAccounts.keys"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
VALID = 10 * 365 * 86400


@serves(f"{PREFIX}.create")
def create(call: Call) -> Body:
    """Make a key; answers with the credentials file that Google's libraries read."""
    account = find(call)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    number = secrets.token_hex(20)
    body: Body = {
        "name": f"{account.body['name']}/keys/{number}",
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "validAfterTime": utc_time(call.now),
        "validBeforeTime": utc_time(call.now + VALID),
        "keyOrigin": "GOOGLE_PROVIDED",
        "keyType": "USER_MANAGED",
    }
    meta = {"public": public.decode(), "email": account.body["email"]}
    call.store.put(Resource(f"{account.key}/keys/{number}", "iam.key", body, meta))
    file = {
        "type": "service_account",
        "project_id": account.body["projectId"],
        "private_key_id": number,
        "private_key": private.decode(),
        "client_email": account.body["email"],
        "client_id": account.body["uniqueId"],
        "token_uri": TOKEN_URI,
        "universe_domain": "googleapis.com",
    }
    data = base64.b64encode(json.dumps(file).encode()).decode()
    return {**body, "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE", "privateKeyData": data}


@serves(f"{PREFIX}.list")
def listing(call: Call) -> Body:
    """An account's keys, without their private halves."""
    return {"keys": [item.body for item in call.store.children(f"{find(call).key}/keys")]}


def _key(call: Call) -> Resource:
    account = find(call)
    found = call.store.get(f"{account.key}/keys/{call.path['name'].rpartition('/')[2]}")
    if found is None:
        raise not_found(f"Service account key {call.path['name']} does not exist.")
    return found


@serves(f"{PREFIX}.get")
def get(call: Call) -> Body:
    """One key."""
    return _key(call).body


@serves(f"{PREFIX}.delete")
def delete(call: Call) -> Body:
    """Forget a key: what it signs is no longer believed."""
    call.store.delete(_key(call).key)
    return {}
