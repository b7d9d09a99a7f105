# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fields of one object, desired beside live, and the managers that own them. Pure.

diff (desired beside live, with quantity) → whether an object may differ, and the paths that changed
controller_fields                         → what controllers may write, and which managers are a person's tools
foreign_changes                           → what others wrote between our LIST and our apply

Called by ``apply``.
"""
