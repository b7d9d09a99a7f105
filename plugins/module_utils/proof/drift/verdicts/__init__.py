# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From what is declared and what is live to cells. Pure.

declared   (each declared object, as it would be and as it is)        undeclared (objects that no plan declares)
pods       (what runs, held against its workload's template)          cloud      (resources of the stacks, and others)
grants     (policies and keys beside the declared bindings)           exceptions (a reason and an end for what differs)
"""
