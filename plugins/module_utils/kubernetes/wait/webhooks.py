# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether the webhooks of a configuration can answer: a CA bundle and a ready endpoint behind each Service."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, Objects

CONFIGURATIONS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})


def unavailable(client: ClusterClient, configuration: Object) -> str:
    """Why a call to one of the webhooks would fail now, empty when none would.

    Webhooks reached by URL are not judged.
    """
    checked = set()
    for webhook in configuration.get("webhooks") or []:
        target = webhook.get("clientConfig") or {}
        service = target.get("service")
        if not service:
            continue
        if not target.get("caBundle"):
            return f"webhook {webhook.get('name')} has no CA bundle yet"
        place = (service["namespace"], service["name"])
        if place in checked:
            continue
        checked.add(place)
        slices = client.list(
            "discovery.k8s.io/v1", "EndpointSlice", place[0], label_selector=f"kubernetes.io/service-name={place[1]}"
        )
        if not has_ready_endpoint(slices):
            return f"webhook {webhook.get('name')}: Service {'/'.join(place)} has no ready endpoint"
    return ""


def has_ready_endpoint(slices: Objects) -> bool:
    """Whether any endpoint of the slices takes requests (``ready`` unknown counts as ready)."""
    return any(
        (endpoint.get("conditions") or {}).get("ready") is not False
        for item in slices
        for endpoint in item.get("endpoints") or []
    )
