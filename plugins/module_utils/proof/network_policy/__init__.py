# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the applied NetworkPolicies admit, computed and then measured.

plan (stand-ins that call, pods that are called)                    → sources and targets
evaluator (pure: selectors, peers, ports, both directions)          → a decision for each connection
observe (probes in the stand-ins, again until nothing changes)      → what was connected, which ends are alive
resolve (a name, by each stand-in's resolv.conf)                    → resolved or not
verdicts (judge_connection), resolution (judge_resolution)          → cells

``check.run`` is the task. ``selectors`` and ``model`` also serve the other proofs, as the API's label selectors.
"""
