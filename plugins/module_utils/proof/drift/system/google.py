# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Google's controllers make in a project on behalf of a cluster, and who acts for Google in it, as data.

Source: https://cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules (rules of clusters, Services, Ingress
and Gateways), /docs/concepts/service-load-balancer (forwarding rules and their descriptions).
"""

from __future__ import annotations

import re

# Names of what GKE makes, the last for a Service after its uid: excused only while it opens nothing to anybody else, or
# serves a declared object.
NAMES = ("gke-*", "k8s-*", "k8s2-*", "gkegw1-*", "gkemcg1-*", "a" + "[0-9a-f]" * 31)
# Google's own sources: health checks and proxies, https://cloud.google.com/load-balancing/docs/health-check-concepts
HEALTH_CHECKS = ("35.191.0.0/16", "130.211.0.0/22", "209.85.152.0/22", "209.85.204.0/22")
# The Gateway controller's firewall rule: https://cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules
GATEWAYS = ("gkegw1-*", "gkemcg1-*")
# The purpose of the ranges that its load balancers reach pods from.
PROXIES = ("REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY")
# In the description of what GKE makes for a Service, the Service's namespace/name.
SERVICE = "kubernetes.io/service-name"
PUBLIC = ("EXTERNAL", "EXTERNAL_MANAGED")
EVERYBODY = ("allUsers", "allAuthenticatedUsers")
# https://cloud.google.com/iam/docs/service-agents: of the project's number in a project of Google's.
_AGENT = re.compile(
    r"serviceAccount:(service-\d+@(gcp-sa-[a-z0-9-]+|compute-system|container-engine-robot|container-analysis"
    r"|containerregistry|gs-project-accounts|service-networking)"
    r"\.iam|\d+@cloudservices)\.gserviceaccount\.com"
)
# Records that a zone has by nature, and those of ACME's challenges, which come and go.
RECORDS = (("NS", ""), ("SOA", ""), ("TXT", "_acme-challenge."))


def is_agent(member: str) -> bool:
    """Whether a policy's member is a service agent, which Google makes and grants its role itself."""
    return _AGENT.fullmatch(member) is not None
