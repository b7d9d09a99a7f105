# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``pod_security_check``; their documentation is in the module of the same name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CONNECTED, Spec

POD_SECURITY_CHECK: Spec = {
    **CONNECTED,
    "namespaces": {"type": "dict", "required": True},
    "image": {"type": "str", "default": "registry.k8s.io/pause:3.10.1"},
    "scan": {"type": "bool", "default": True},
}
