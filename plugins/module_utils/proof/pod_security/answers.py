# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The API server's answer to a pod that it is only asked about, and which admission rule spoke.

Admission runs in a fixed order: rules that change objects, then Pod Security, then policies and webhooks that validate,
then quota (``AllOrderedPlugins`` in https://github.com/kubernetes/kubernetes/blob/master/pkg/kubeapiserver/options/plugins.go).
The first refusal ends it. So what a later rule refuses, Pod Security let pass; what an earlier one refuses, Pod
Security was never asked about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FORBIDDEN = 403
# pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged (container "probe" must not set …)
VIOLATION = re.compile(r'violates PodSecurity "(?P<level>\w+):(?P<version>[\w.]+)": (?P<details>.*)', re.DOTALL)
# A policy answers 422, or 401, 403 or 413 as its ``reason`` says; the text says whose answer it is.
POLICY = re.compile(r"ValidatingAdmissionPolicy '[^']+' (with binding '[^']+' )?denied request")
QUOTA = re.compile(r"(exceeded|failed) quota: ")
# A webhook answers with any status and text. It may be one that changes objects, or one that validates.
WEBHOOK = re.compile(r'admission webhook "(?P<name>[^"]+)" denied the request')
MUTATING_POLICY = re.compile(r"policy '[^']+' (with binding '[^']+' )?denied request")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server said to a dry run: HTTP status (201 for admitted), its message, and the pod as admitted.

    ``validating_webhooks`` are the names of the webhooks that only validate.
    """

    status: int
    message: str = ""
    pod: Mapping[str, Any] | None = field(default=None, compare=False)
    validating_webhooks: frozenset[str] = frozenset()

    @property
    def admitted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def violation(self) -> re.Match[str] | None:
        """Pod Security's own refusal; another rule's that quotes its words is not."""
        found = VIOLATION.search(self.message) if self.status == FORBIDDEN else None
        others = (POLICY.search(self.message), MUTATING_POLICY.search(self.message), WEBHOOK.search(self.message))
        if found is None or any(other is not None and other.start() < found.start() for other in others):
            return None
        return found

    @property
    def refused_later(self) -> bool:
        """Whether another rule refused it, after Pod Security had no objection."""
        if self.admitted or self.violation:
            return False
        if (webhook := WEBHOOK.search(self.message)) is not None:
            return webhook["name"] in self.validating_webhooks
        if POLICY.search(self.message) is not None:
            return True
        return self.status == FORBIDDEN and QUOTA.search(self.message) is not None

    @property
    def refused_by_rule(self) -> bool:
        """Whether any admission rule refused it, in whatever order; not an error, and not the API's own validation."""
        return not self.admitted and any(
            pattern.search(self.message) is not None for pattern in (POLICY, MUTATING_POLICY, WEBHOOK)
        )

    def phrase(self) -> str:
        if self.admitted:
            return "admitted"
        found = self.violation
        return f"refused: {found['details']}" if found else f"HTTP {self.status}: {self.message}"
