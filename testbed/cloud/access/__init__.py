"""Ways into a cluster's control plane, as GKE has them: who gets through, and how the request goes on.

web.server (a request for a name below gke.goog) → admission (pure: whose credential, what the cluster allows)
→ proxy (to the real API server behind it, streams and upgrades included), or Google's refusal.
web.server (tunnel.cloudproxy.app) → iap (relay frames) → bastion (pure: role, firewall, the proxy of the machine's
startup script) → the API server behind a private endpoint.

The name is a cluster's ``controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint``; its certificate comes from another
authority than the cluster's own (web/tls.py).
"""
