# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Run the attempts and look at both sides.

probes (an attempt as the probe program's document, pure) → exchanges (run all of them, from each caller's pod)
between two readings of counters (the targets' proxies) → observation, which verdicts are made from.
"""
