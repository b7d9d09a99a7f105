# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When objects are ready, or gone.

waiter (LIST all at once, deadline, last status) → predicates (one a kind, pure, with workloads) → conditions (pure)
pods (terminal states, pure), claims (what no pod uses yet, pure), issuance (what keeps cert-manager from issuing, pure)
and webhooks (whether a backend can answer) say more.

Called by ``apply.reconcile`` between stages and at the end, and by ``pki`` and ``proof``.
"""
