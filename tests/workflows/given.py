"""What a workflow's run has besides the commit: what a repository sets, and what makes it shorter than on GitHub.

Only a part runs of a target that ``make test-all`` runs whole: the script is the same, and ``ARGS`` choose tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Given:
    """``variables`` and ``secrets`` are the repository's; ``environment`` is the runner's, for every step.

    ``inventory`` stands in the place of every environment's that the jobs act on: what that one stands for is up here.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    inventory: str = ""


_PROVIDER = "projects/123456789012/locations/global/workloadIdentityPools/pipelines/providers/github"
_ON_GOOGLE = Given(variables={"GOOGLE_WORKLOAD_IDENTITY_PROVIDER": _PROVIDER}, inventory="local")

_GIVEN: Mapping[str, Given] = {
    "ci": Given(
        environment={
            # Of unit, of conformance, and of both rounds of proof. A target of which none is chosen fails.
            "ARGS": "-k 'test_workflows or test_release_steps or stand_in_have_the_name or bound_service_account'",
            # `default` makes the clusters, and takes all of it down.
            "MOLECULE_GLOB": "molecule/{default,pod_security}/molecule.yml",
        }
    ),
    "drift": _ON_GOOGLE,
    "promote": _ON_GOOGLE,
    "release": Given(secrets={"GALAXY_TOKEN": "a-token-of-the-run"}),
}


def given(workflow: str) -> Given:
    """What the workflow of that name has; nothing, unless it needs something."""
    return _GIVEN.get(workflow, Given())
