# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A planned switch-over: the zone's records come to prefer another region, while clients see that none loses by it.

check (run, switch_over: each step bounded) → records (live and changed, by the cloud's engine) ↔ steps (pure)
the drill's sampler (fresh connections) and keep_alive (one connection) → samples
samples → measures (how clients got there, pure) → verdicts (cells)

``check.run`` is the task.
"""
