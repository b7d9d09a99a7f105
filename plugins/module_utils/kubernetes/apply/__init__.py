# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From desired and live objects to a cluster that holds what is declared.

run (options) → reconcile (list, plan, lock, apply, prune, wait)
plan (pure, by ``fields``) → server_side_apply (dry run or real) → conflicts (a 409: whose fields, what to do)
record is the Lease that locks a layer and remembers its kinds; prune_guard keeps what holds objects of other owners.

Called by ``k8s_apply`` through ``run``.
"""
