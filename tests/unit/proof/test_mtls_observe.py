"""What counts as absent, and what as a look that failed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.authorization import (
    authorization_policies,
)


class Refusing:
    """A cluster's client whose lists fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def list(self, *_what: Any) -> list[dict[str, Any]]:
        raise self.error


def test_a_mesh_without_authorization_policies_has_none() -> None:
    assert authorization_policies(Refusing(UnknownKind("AuthorizationPolicy")), ["a"]) == []  # type: ignore[arg-type]


def test_policies_that_may_not_be_read_are_not_taken_for_none() -> None:
    refusal = ApiError("forbidden", status=403, reason="Forbidden")
    with pytest.raises(ApiError):
        authorization_policies(Refusing(refusal), ["a"])  # type: ignore[arg-type]
