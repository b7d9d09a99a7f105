"""The compute resources of load balancers, as GKE's controllers make and name them. Pure.

A ``model.LoadBalancer`` and the ``site`` of its cluster → backends (health check, network endpoint groups, backend
service) and frontends (address, URL map, certificates, target proxy, forwarding rule) → ``desired`` (all of a cluster,
with its firewall rule, in the order in which compute can make them; what a Gateway's annotations list).
``testbed.cloud.balancing`` reconciles them in the project.
"""
