# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who calls, and what they present.

clusters (a probe pod in the checked cluster and in others, with the mesh's signing CA read into memory)
→ certificates (good and bad ones, made in memory, valid for minutes). Called by ``check`` and ``observe``.
"""
