"""GKE's load balancers beside the project's state: who asks for one, and what it may use.

manager (clusters that run with a Gateway API channel) → world (subnetworks, addresses, policies of the project, as
``testbed.gateway`` wants to know them; resources: what GKE's controllers write into it) → one fleet for each region of
a network, shared by its clusters. Of a project's fleet: fleets (members, features, config cluster) → multicluster (its
controllers) → one fleet of load balancers more, which is global.
"""
