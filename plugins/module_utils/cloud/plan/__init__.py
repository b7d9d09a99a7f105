# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From desired and live to the requests that make them agree. Pure: nothing here does I/O.

resource (what the user wrote) → references, graph (what depends on what)
→ fields (which fields differ, by the kind's rules) → resource_plan (one resource's change)
→ stack_plan (all of them, prune included) → render (for people).

Called by ``apply``; ``kinds`` gives the rules, ``iam_policies`` and ``enabled_apis`` two of the strategies.
"""
