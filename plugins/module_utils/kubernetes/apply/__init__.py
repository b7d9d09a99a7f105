# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From desired and live objects to a cluster that holds what is declared.

run (options) → reconcile (list, plan, lock, apply, prune, wait)
plan (pure: diff, controller_fields, quantity) → steps → server_side_apply (conflicts, dry run, foreign_changes)
record is the Lease that locks a layer and remembers its kinds; prune_guard keeps what others' objects live in.

Called by ``k8s_apply`` through ``run``.
"""
