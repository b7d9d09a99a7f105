# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When objects are ready, or gone.

waiter (LIST all at once, deadline, last status) asks predicates (one a kind, pure),
which ask pods (terminal states, pure) and webhooks (can the backend answer).

Called by ``apply.reconcile`` between stages and at the end, and by ``pki`` and ``proof``.
"""
