# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Google Cloud: the resources of an environment as one declared graph.

plan.resource (what the user wrote) → plan.references, plan.graph (the order)
apply.live    (one LIST a collection) → live
plan.stack_plan (desired beside live, by the rules in kinds) → a change for each resource
apply.execute (in order, in parallel) → api.client (requests) → api.operations (waits)

Called by ``gcp_stack``, ``gcp_resource``, ``gcp_stack_info`` and ``gcp_cluster_connection``.
"""
