"""GKE's Gateway controller and the load balancers that it makes, played with a real Envoy.

kubernetes (a cluster's objects) → translation (Gateways and routes to load balancers, or Google's refusal; pure)
→ resources (what compute has of them; pure) → envoy (listeners, clusters, endpoints as files; pure) → fleet (a region's
Envoy, prober and WAF, run in a network namespace with addresses of the proxy-only subnet) → status (conditions,
annotations, events; pure) → to the cluster.

``controller`` holds the loop; ``testbed.cloud`` starts one a cluster whose ``gatewayApiConfig`` asks for it, and one a
fleet whose features do, with ``multicluster`` beside it: what clusters export, every cluster imports.
Nothing here knows of the project's own roles: whatever fits Google's API is served.
"""
