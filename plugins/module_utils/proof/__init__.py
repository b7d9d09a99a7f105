# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The proofs: what the platform promises, measured on what runs.

cells   a question and its answer: expected, observed, verdict, evidence. The currency of every proof and the report
outcome from a check's cells to a task's result, or its failure
probes  pods that connections are made from; exchange is what one connection saw, workloads are the pods of the cluster
exceptions   what every declared exception has: a reason, and a last day after which it excuses nothing
drift   what runs held against what the roles declare: plans, observe, judge
cloud   the project as its APIs answer: ways in, hardening, accounts, logs
mtls, network_policy, pod_security, tls, dashboard, failover, switchover   a proof each: discover, plan, observe, judge
report  one page and one document from the results of all

Each proof has its options (``spec``) and its entry (``check.run``), which the action plugin of the same name calls.
Plans and verdicts are pure; ``observe`` and ``probes`` do the I/O.
"""
