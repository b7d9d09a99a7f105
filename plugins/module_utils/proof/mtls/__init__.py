# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Mutual TLS: every workload of the mesh called by every other one and by impostors, judged from both sides.

discover (workloads, Services, listening ports) → topology
plan     (cases by callers by ports, pure)      → attempts
callers  (probe pods, certificates made in memory) run them: observe → exchanges, counters before and after
verdicts (the two-sided rule, exceptions, pure) → cells, and a summary

``check`` is the entry, called by the action plugin ``mtls_check``.
"""
