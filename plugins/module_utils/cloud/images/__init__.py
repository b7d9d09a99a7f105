# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images into registries, by digest.

copy (the task) → references (options, checked; pure) → skopeo (a process for each question and copy) → copy (verdicts).
"""
