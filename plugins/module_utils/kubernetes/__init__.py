# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kubernetes: one task takes a whole layer of objects and makes the cluster hold it.

manifests (files, charts, inline objects) → desired objects, in stages
api       (connection, discovery)         → live objects, listed by owner label
apply     (plan)                          → a step for each object, from desired and live
apply     (reconcile)                     → server-side apply stage by stage, then prune
wait      (predicates)                    → ready, or an error with the last status

Called by ``k8s_apply``, and by ``pki`` and ``proof`` for requests, waits and exec.
"""
