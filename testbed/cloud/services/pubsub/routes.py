"""Topics: created by PUT under their own name; changes are at once."""

from __future__ import annotations

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol import masks
from testbed.cloud.core.protocol.errors import ApiError, not_found
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.pubsub.rules import check, check_name, mask

PREFIX = "pubsub.projects.topics"


def _find(call: Call) -> Resource:
    name = call.path.get("name") or call.path.get("topic") or call.path["resource"]
    found = call.store.get(f"pubsub/{name}")
    if found is None:
        raise not_found(f"Resource not found (resource={name.rpartition('/')[2]}).")
    return found


def _filled(topic: Body) -> Body:
    return {name: value for name, value in topic.items() if value not in (None, "", {}, [])}


@serves(f"{PREFIX}.create")
def create(call: Call) -> Body:
    """Create a topic; one of this name is in the way of another."""
    name = check_name(call.path["name"])
    sent = call.checker.writable("Topic", call.body)
    check(sent)
    key = f"pubsub/{name}"
    if call.store.get(key):
        raise ApiError(409, f"Resource already exists in the project (resource={name.rpartition('/')[2]}).")
    # Tags are bound, not answered; satisfiesPzs in a request is ignored.
    body = _filled({field: value for field, value in sent.items() if field not in ("tags", "satisfiesPzs")})
    body |= {"name": name, "state": "ACTIVE"}
    call.store.put(Resource(key, "pubsub.topic", body))
    return body


@serves(f"{PREFIX}.get")
def get(call: Call) -> Body:
    """One topic."""
    return _find(call).body


@serves(f"{PREFIX}.list")
def listing(call: Call) -> Body:
    """The project's topics."""
    found = [item.body for item in call.store.children(f"pubsub/{call.path['project']}/topics")]
    items, following = page(found, call.query.get("pageSize"), call.query.get("pageToken"), default=100)
    body: Body = {"topics": items} if items else {}
    return body | ({"nextPageToken": following} if following else {})


@serves(f"{PREFIX}.patch")
def patch(call: Call) -> Body:
    """Change the fields that updateMask names; a named one that is not sent is cleared."""
    resource = _find(call)
    fields = call.checker.schemas["Topic"]["properties"]
    paths = mask(call.body.get("updateMask"), fields)
    sent = call.checker.writable("Topic", call.body.get("topic") or {})
    new = _filled(masks.apply(resource.body, sent, paths, fields))
    check(new)
    call.store.put(Resource(resource.key, resource.kind, new, resource.meta))
    return new


@serves(f"{PREFIX}.delete")
def delete(call: Call) -> Body:
    """Delete a topic, whoever publishes to it."""
    resource = _find(call)
    call.store.delete(resource.key)
    call.store.delete(policies.key(resource.key))
    return {}


policies.register(PREFIX, _find)


@serves(f"{PREFIX}.testIamPermissions")
def test_permissions(call: Call) -> Body:
    """Which of the permissions the caller has."""
    return policies.permissions(call)
