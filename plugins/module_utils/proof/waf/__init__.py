# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Proof that a web application firewall stands before an endpoint, from outside.

attacks (data: for each rule set an attack and its harmless twin) → observe (both, over verified TLS)
→ verdicts (the attack refused, the twin served; pure) → cells.

Called by ``waf_check`` through ``check.run``.
"""
