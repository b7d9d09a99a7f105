# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Claims of volumes that bind only once a pod uses them: such a claim cannot become bound by itself. Pure.

See https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode.
"""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, Objects

# Set by the scheduler when it has chosen a node for a pod that uses the claim.
_SELECTED = "volume.kubernetes.io/selected-node"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def awaits_consumer(claim: Object, classes: Objects) -> bool:
    """Whether a claim that is not bound waits for its first pod, of which none has been scheduled yet."""
    if (claim["metadata"].get("annotations") or {}).get(_SELECTED) or claim["spec"].get("volumeName"):
        return False
    name = claim["spec"].get("storageClassName")
    for one in classes:
        default = (one["metadata"].get("annotations") or {}).get(_DEFAULT) == "true"
        if one["metadata"]["name"] == name or (name is None and default):
            return bool(one.get("volumeBindingMode") == "WaitForFirstConsumer")
    return False
