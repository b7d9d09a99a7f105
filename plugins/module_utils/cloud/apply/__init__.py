# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Carry a plan out.

stack (read, plan, apply, prune, report) → live (what exists, one LIST a collection)
→ execute (in dependency order, in parallel, one failure leaves the rest undisturbed)
→ reconcile (one resource: request, wait, read, plan again, until nothing differs).

Called by ``gcp_stack`` and ``gcp_resource``.
"""
