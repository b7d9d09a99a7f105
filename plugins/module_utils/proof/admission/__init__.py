# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""That the admission rules hold, asked of the real API server as dry runs: of what is new, and of what runs already.

rules (the policies in force → what each matches; pure) ; cases (a table: what each rule refuses, and what it admits)
ask (dry runs: new objects of the table, and an update without a change of every live object that a rule matches)
verdicts (pure) → cells

``check.run`` is the task.
"""
