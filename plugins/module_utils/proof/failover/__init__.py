# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A failover drill: clients, a fault, and how long everyone takes to be served elsewhere and back.

check (run, drill: each step bounded) → sampler (open-loop clients) → observe (one client: DNS, then HTTPS) → samples
clients, of options, are those of a switch-over too
faults is what is done to the primary; it is undone when the process is ended too
samples → measures (switchover times, pure) → verdicts (cells) and spans (what the report draws)

``check.run`` is the task.
"""
