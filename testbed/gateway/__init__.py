"""GKE's Gateway controller and the load balancers that it makes, played with a real Envoy.

watch (a cluster's objects) → translate (Gateways and routes to load balancers, or Google's refusal; pure)
→ compute (forwarding rules, backend services … in the project, under GKE's names)
→ envoy (listeners, clusters, endpoints as files; pure) → fleet (a region's Envoy, prober and WAF, run in a network
namespace with addresses of the proxy-only subnet) → status (conditions, annotations, events; pure) → to the cluster.

``controller`` holds the loop; ``testbed.cloud`` starts one a cluster whose ``gatewayApiConfig`` asks for it.
Nothing here knows of the project's own roles: whatever fits Google's API is served.
"""
