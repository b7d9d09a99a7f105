"""A region's load balancers as Envoy's configuration: files that a running Envoy follows. Pure.

What Google's regional external load balancer does and Envoy does not by itself is said here: no panic (with no healthy
endpoint it answers 503), a 404 whose body is ``fault filter abort``, ``via: 1.1 google``, two entries added to
X-Forwarded-For, one retry of a request without body that a backend answered with 502, 503 or 504.

files (every file by name) → listeners (ports, TLS, hosts, routes, the WAF) and clusters (backends and their endpoints).
"""

from __future__ import annotations

from testbed.gateway.envoy.files import bootstrap, files

__all__ = ["bootstrap", "files"]
