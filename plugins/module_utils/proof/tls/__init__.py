# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether HTTPS endpoints are what is declared, seen from the controller.

check (options, Services' addresses) → observe (handshakes of every version, a verified request, plain HTTP)
→ proof.certificates (the chain, decoded) → verdicts (pure: a cell for chain, names, expiry, versions, ciphers, answer…)

Called by ``tls_check`` through ``check.run``; ``failover`` and ``dashboard`` use ``observe.verified_answers``.
"""
