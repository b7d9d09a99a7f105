# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From a topology to attempts. Pure.

cases (how a caller can be wrong, as data) by callers, pods and ports → attempts (one connection each).
A new kind of impostor is a line in ``cases``. Called by ``check``.
"""
