# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Google's controllers make in a project on behalf of a cluster, as data.

Source: https://cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules (rules of clusters, Services, Ingress
and Gateways), /docs/concepts/service-load-balancer (forwarding rules and their descriptions).
"""

from __future__ import annotations

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
# Records that a zone has by nature, and those of ACME's challenges, which come and go.
RECORDS = (("NS", ""), ("SOA", ""), ("TXT", "_acme-challenge."))
