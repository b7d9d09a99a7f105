"""What the API servers of clusters ask before they make a pod, as a webhook of Kubernetes.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response
"""

from __future__ import annotations

from testbed.cloud.core.call import Body
from testbed.cloud.core.state.store import Store
from testbed.cloud.services.binaryauthorization.routes import live
from testbed.cloud.services.binaryauthorization.rules import refusal

# Followed by the cluster's name: projects/PROJECT/locations/LOCATION/clusters/CLUSTER.
PREFIX = "/image-policy/"
ENFORCES = "PROJECT_SINGLETON_POLICY_ENFORCE"
# https://cloud.google.com/binary-authorization/docs/using-breakglass
BREAK_GLASS = "image-policy.k8s.io/break-glass"
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def enforces(cluster: Body) -> bool:
    """Whether a cluster asks the project's policy."""
    return (cluster.get("binaryAuthorization") or {}).get("evaluationMode") == ENFORCES


def reviewed(store: Store, cluster: str, review: Body) -> Body:
    """The answer to an AdmissionReview of a pod in the cluster of this name."""
    request = review["request"]
    found = store.get(f"container/{cluster}")
    said = _refusals(store, cluster, request["object"]) if found and enforces(found.body) else []
    response: Body = {"uid": request["uid"], "allowed": not said}
    if said:
        response["status"] = {"code": 403, "reason": "VIOLATES_POLICY", "message": "; ".join(said)}
    return {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}


def _refusals(store: Store, cluster: str, pod: Body) -> list[str]:
    if (pod["metadata"].get("labels") or {}).get(BREAK_GLASS) == "true":
        return []
    _projects, project, _locations, location, _clusters, name = cluster.split("/")
    policy = live(store, f"projects/{project}/policy")
    images = [item["image"] for field in CONTAINERS for item in pod["spec"].get(field) or ()]
    return [said for image in dict.fromkeys(images) if (said := refusal(policy, f"{location}.{name}", image))]
