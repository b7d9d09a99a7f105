# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From an observation to cells. Pure.

rule (one exchange, its counter and its positive control → a judgement) → exceptions (declared, until a day)
→ cells (one a caller, port and case, over all pods) ; summary is what else the run shows: coverage, certificates.
"""
