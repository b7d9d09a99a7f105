# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fields of one resource, desired beside live. Pure.

diff (which fields differ) → values (equal forms of one value) ; merge (the body of an update, and what gives way in it)

Called by ``plan.resource_plan`` and the strategies beside it; the kind says what is particular to its fields.
"""
