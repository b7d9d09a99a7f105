# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The mesh's hierarchy: a root, an intermediate a cluster, and the change from one root to the next.

run (options) → reconcile (read, plan, refuse or write, wait) → report (result and diff)
roots keeps the root; cluster reads and writes one cluster's ``cacerts`` and istiod; proxies reads
what each sidecar presents and trusts; hierarchy says what root and intermediates look like.
rotation decides: which bundle each cluster gets, what a stage would break, when everybody has followed.

Called by ``mesh_ca`` through ``run``. Whether an intermediate is issued anew is decided by ``pki.renewal``.
"""
