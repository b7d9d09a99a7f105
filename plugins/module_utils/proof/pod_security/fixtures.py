# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The table of pods that a namespace is asked about: what each level must say to every control's variants.

Every fixture is a pod that obeys ``restricted`` with one thing changed, so that a refusal can have one cause only,
and a valid object for the API, because validation comes before Pod Security and would hide its answer.
"""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.baseline import BASELINE
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import Fixture
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.restricted import RESTRICTED

PLAIN = Fixture("none", "restricted-pod", None)
FIXTURES: tuple[Fixture, ...] = (PLAIN, *BASELINE, *RESTRICTED)
