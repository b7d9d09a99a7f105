# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rotation of the root: stages that overlap, so that no two proxies ever refuse each other.

stages (pure: phases of a cluster, refusals) ← plan (pure: roots of a run, the bundle and step of each cluster)
wait: polls istiod and the proxies until all have followed, and restarts or pushes where they are stuck.

Called by ``mesh.reconcile``.
"""
