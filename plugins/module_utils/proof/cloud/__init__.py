# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The cloud: what is reachable from outside, and how clusters, accounts and logs are, asked of the live API.

observe  (aggregated LISTs, then keys and policies of what was found) → answers, each a list or why there is none
verdicts (pure: ways in, firewall, clusters and pools, notifications, accounts, logs) → cells

Everything in the project is enumerated, whoever made it; ``Promise`` is what the inventory declares. ``benchmark`` has
the numbers of the CIS GKE Benchmark. ``check`` is the entry, called by the action plugin ``cloud_check``.
"""
