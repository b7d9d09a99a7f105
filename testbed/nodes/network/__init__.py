"""Addresses that are disjoint between clusters, Cilium (the engine of Dataplane V2), routes between clusters."""
