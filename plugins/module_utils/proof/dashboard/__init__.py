# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What dashboards show, asked of the live Prometheus.

panels (queries of Grafana's JSON; judge_panel, judge_movement: pure) ← check (asks Prometheus, makes calls) → cells

``check.run`` is the task.
"""
