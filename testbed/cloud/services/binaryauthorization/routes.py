"""The policy of a project, which has Google's default where nobody wrote one."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError
from testbed.cloud.core.protocol.values import etag, utc_time
from testbed.cloud.core.state.store import Resource, Store
from testbed.cloud.services.binaryauthorization.rules import DEFAULT, check


@serves("binaryauthorization.projects.getPolicy")
def get(call: Call) -> Body:
    """The policy."""
    return live(call.store, call.path["name"])


@serves("binaryauthorization.projects.updatePolicy")
def update(call: Call) -> Body:
    """Another policy, whole; one that is the default is as none."""
    name = call.path["name"]
    sent = call.checker.writable("Policy", call.body)
    if sent.pop("etag", None) not in (None, "", live(call.store, name)["etag"]):
        raise ApiError(409, "The policy was changed since it was read.", status="ABORTED")
    sent = {field: value for field, value in sent.items() if value not in (None, {}, [], "")}
    sent.pop("name", None)
    check(sent)
    body = {**_stamped(name, sent), "updateTime": utc_time(call.now)}
    key = f"binaryauthorization/{name}"
    if sent == DEFAULT:
        call.store.delete(key)
    else:
        call.store.put(Resource(key, "binaryauthorization.policy", body))
    return body


def live(store: Store, name: str) -> Body:
    """The policy of this name (projects/PROJECT/policy)."""
    found = store.get(f"binaryauthorization/{name}")
    return found.body if found else _stamped(name, DEFAULT)


def _stamped(name: str, policy: Body) -> Body:
    return {"name": name, **policy, "etag": etag(policy)}
