# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From what a task was given to the desired objects.

sources (inline objects, files, charts) → charts (``helm template``) → objects (checked, completed, labelled)
→ stages (the order in which kinds are applied).

Called by ``apply.run``; only ``sources`` and ``charts`` read files or start a program.
"""
