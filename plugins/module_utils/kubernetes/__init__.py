# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kubernetes: one task applies a whole layer of objects.

manifests (files, charts, inline objects) → desired objects, in stages
api       (connection, discovery)         → live objects, listed by owner label
fields    (diff, controller_fields)       → which objects may differ, and who owns the fields
apply     (plan)                          → a plan for each object, from desired and live
apply     (reconcile)                     → server-side apply stage by stage, then prune
wait      (predicates)                    → ready, or an error with the last status

Called by ``k8s_apply``, and by ``pki`` and ``proof`` for requests, waits and exec.
"""
