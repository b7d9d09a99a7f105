# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The mesh's own hierarchy: a root, an intermediate a cluster, and the change from one root to the next."""
