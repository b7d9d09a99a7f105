"""What ships is what is tested: the names in the roles' defaults are those of the images that are built here."""

from __future__ import annotations

import pytest

from testbed.images import cert_manager
from testbed.images.catalog import catalog
from testbed.images.published import UPSTREAMS, upstream_name
from testbed.images.recipes import reference
from tests.support.roles import evaluated

EVERYTHING = catalog()
REFERENCES = {recipe.name: reference(recipe, EVERYTHING) for recipe in EVERYTHING}
SHIPPED = {
    "pilot": ("mesh", "mesh_hub ~ '/pilot:' ~ mesh_tag"),
    "proxyv2": ("mesh", "mesh_hub ~ '/proxyv2:' ~ mesh_tag"),
    "install-cni": ("mesh", "mesh_hub ~ '/install-cni:' ~ mesh_tag"),
    "contour": ("ingress", "ingress_contour_image"),
    "envoy": ("ingress", "ingress_envoy_image"),
    "prometheus": ("monitoring", "monitoring_prometheus_image"),
    "alertmanager": ("monitoring", "monitoring_alertmanager_image"),
    "prometheus-adapter": ("scaling", "scaling_image"),
    "kube-state-metrics": ("monitoring", "monitoring_kube_state_metrics_image"),
    "argo-rollouts": ("delivery", "delivery_image"),
    "kyverno": ("admission", "admission_kyverno_image"),
}
# Later releases of cert-manager can't be built here: a rehearsal's overlay names the one that can.
UNTESTED = cert_manager.IMAGES


def test_every_upstream_is_held_against_what_ships() -> None:
    assert set(UPSTREAMS) == {*SHIPPED, *UNTESTED}


@pytest.mark.parametrize("inventory", ["production", "staging"])
@pytest.mark.parametrize("image", SHIPPED)
def test_the_version_that_ships_is_the_one_that_is_tested(image: str, inventory: str) -> None:
    role, expression = SHIPPED[image]
    assert evaluated(role, inventory, expression) == upstream_name(image, REFERENCES[image])


def test_an_image_of_no_upstream_has_no_other_name() -> None:
    assert upstream_name("ping", REFERENCES["ping"]) is None
