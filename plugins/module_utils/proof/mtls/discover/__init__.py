# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What there is to prove: from the cluster's API and pods to a ``Topology``.

services (which Service leads to a port), authorization (what policies admit) and the parts of ``topology`` are pure;
listening asks the pods which ports they listen on. Called by ``check``, once, before anything is planned.
"""
