"""From a cluster's objects to load balancers, or to Google's refusals. Pure.

snapshot (objects by kind and name) → translate (addresses, listeners, certificates) → routes (what binds where, rules)
→ backends (a Service's port with the policies that target it) → ``model.LoadBalancer``.
"""
