# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each namespace's Pod Security level refuses and admits, asked of the real API server as dry runs.

fixtures (a table of pods, one thing wrong in each) ; as_new (running pods as new ones) → requests
check (dry runs)                                                                       → answers
verdicts (judge_fixture, judge_running, judge_label)                                   → cells

``check.run`` is the task.
"""
