# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One document and one page from the results of all checks.

collect (results → Report: cells, notes, facts; what is missing is a cell too)
→ grids by layouts, drill_timeline, panel_charts, expiry_bars (what the page draws: pure), text (the table),
  export (numbers)
→ write (report.json, report.prom, index.html from page.html.j2 and page.css)

The role verify publishes report.prom to each cluster's Prometheus. ``write.run`` is the task ``proof_report``.
"""
