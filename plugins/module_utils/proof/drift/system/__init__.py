# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a cluster has by nature, as data: Kubernetes' own objects, the network plugin's, GKE's.

rules (the form of the data, pure) ← kubernetes, network, gke (tables, each with its source)

An object is the system's by its kind, namespace and name, and only while it gives nothing to anybody else: a binding
must give the very role to the very subjects, a role that many are bound to may grant no more than upstream's, a
webhook must lead to the system. No namespace is left out as a whole.
"""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system import gke, kubernetes, network
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.rules import System

SYSTEM = System.of(kubernetes.TABLES, network.TABLES, gke.TABLES)
