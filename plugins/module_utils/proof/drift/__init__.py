# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Drift: what runs held against what is declared, for everything that decides security.

plans   (each role's own plan, made in check mode and kept as a fact)     → what is declared, and what would be changed
observe (a LIST of each kind, a dry-run PUT of each declared object)      → what is live, what it would be
system  (data: what Kubernetes, GKE and the network plugin own)           → told apart from what nobody declares
judge   (pure: declared objects, undeclared ones, pods, cloud resources)  → cells

Declared is what the roles render in this very run. No label, annotation or field manager on a live object makes it
declared: whoever may write an object may write these too. ``check`` is the entry, called by the action plugin
``drift_check``.
"""
