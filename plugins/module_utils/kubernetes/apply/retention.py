# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Annotations by which an object, or the chart it comes from, is kept when it is no longer declared. Pure."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import PRUNE, Object

# Annotation → the value that means "keep", or one of a list of such values; each in lower case.
_KEEP = {
    PRUNE: "keep",
    # https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
    "helm.sh/resource-policy": "keep",
    # https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
    # https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
    "argocd.argoproj.io/sync-options": "prune=false delete=false",
    # https://carvel.dev/kapp/docs/latest/apply/#kappk14siodelete-strategy
    "kapp.k14s.io/delete-strategy": "orphan",
    # https://kpt.dev/reference/annotations/ and cli-utils
    "client.lifecycle.config.k8s.io/deletion": "detach",
    "cli-utils.sigs.k8s.io/on-remove": "keep",
}


def keep_reason(obj: Object) -> str:
    """The annotation that keeps an object from being deleted, empty when none does."""
    annotations = obj["metadata"].get("annotations") or {}
    for name, values in _KEEP.items():
        given = [value.strip() for value in str(annotations.get(name, "")).split(",")]
        for value in given:
            if value.lower() in values.split():
                return f"annotated {name}={value}"
    return ""
