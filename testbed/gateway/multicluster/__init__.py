"""Multi-cluster Services of a fleet: what clusters export, every cluster imports.

members (the clusters, each as it last was) → exports (what is imported where, and what exports say of themselves; pure)
→ services (the loop). The fleet's Gateways are those of ``testbed.gateway.controller``, with members.
"""
