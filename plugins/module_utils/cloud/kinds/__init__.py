# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds of cloud resources, as data: paths, identity, verbs, immutable fields, update strategy.

A file a Google service (``compute`` and ``container`` are folders, a file a family), each from its discovery
document; ``kind`` is the shape of the data, ``registry`` finds a kind by name. A new kind of resource goes into the
file of its service; no other code changes.
"""
