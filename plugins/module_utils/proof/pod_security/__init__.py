# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each namespace's Pod Security level refuses and admits, asked of the real API server as dry runs.

baseline, restricted (a table of pods, one thing wrong in each) → fixtures ; running (pods that run, as new ones)
ask (dry runs: without injection, with it, as an ephemeral container) → answers (which rule spoke)
verdicts (judge_fixture, judge_injected, judge_running, judge_label) → cells

``check.run`` is the task.
"""
