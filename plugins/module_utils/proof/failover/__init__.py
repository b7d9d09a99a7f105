# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A failover drill: clients, a fault, and how long everyone takes to be served elsewhere and back.

check (each fault and run) → drill (one of them: each step bounded), mesh (mutual TLS meanwhile)
clients, of options: sampler (open-loop clients) → observe (one client: DNS, then HTTPS) → samples; keep_alive. Those of
a switch-over too
faults is what is done to the primary; it is undone when the process is ended too
samples → measures (switchover times), outage (from the first lost request), all pure → verdicts (cells of one drill)
with objective, runs (the RTO over all of them) and spans (what the report draws)

``check.run`` is the task.
"""
