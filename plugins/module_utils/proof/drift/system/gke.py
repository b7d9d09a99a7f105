# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Google brings into a GKE cluster (Standard, Dataplane V2), as far as its documents name it.

Source: https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-architecture and the pages of the components
that it leads to. Not held against a real cluster here: what a release brings beside it is named as undeclared, until
it is in the table, or excused with a reason and an end.
"""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.rules import Tables

TABLES = Tables(
    objects="""
Namespace: gmp-system gmp-public gke-gmp-system gke-managed-cim gke-managed-system gke-managed-volumepopulator
  gke-managed-filestorecsi gke-managed-dpv2-observability gke-managed-parallelstorecsi gke-managed-checkpointing
  gke-managed-networking-dra-driver
Service kube-system: default-http-backend
DaemonSet kube-system: anetd* cilium* fluentbit-gke* gke-metadata-server* gke-metrics-agent* ip-masq-agent*
  metadata-proxy* netd* node-local-dns* nccl-fastsocket-installer* pdcsi-node* gcsfusecsi-node* filestore-node*
  image-package-extractor* runsc-metric-server* tpu-device-plugin* nvidia-gpu-device-plugin* kube-proxy*
  secrets-store-gke* maintenance-handler*
Deployment kube-system: konnectivity-agent konnectivity-agent-autoscaler kube-dns kube-dns-autoscaler coredns
  l7-default-backend metrics-server-v* event-exporter-gke antrea-controller* cilium-operator egress-nat-controller
  snapshot-controller vpa-*
DaemonSet gke-managed-system: dcgm-exporter
StatefulSet gke-managed-cim: kube-state-metrics
Deployment gke-managed-volumepopulator: volume-populator
Deployment gke-managed-filestorecsi: filestore-lock-release-controller
Deployment gke-managed-dpv2-observability: hubble-relay
DaemonSet gmp-system: collector
Deployment gmp-system: gmp-operator rule-evaluator
StatefulSet gmp-system: alertmanager
CiliumLocalRedirectPolicy kube-system: node-local-dns
Pod kube-system: kube-proxy-*
ClusterRole: gce:* gcp-controller-manager gcp-cluster-autoscaler gke-* gmp-system:* stackdriver:* kubelet-api-admin
  pdcsi-* filestore* gcsfusecsi* cloud-provider ca-cr metrics-server* snapshot-controller-* storage-version-migration-*
  vpa-* external-metrics-reader read-updateinfo cluster-autoscaler netd antrea* anet* cilium*
Role kube-system: gke-* sealed-* fluentbit-gke* pdcsi-* kubelet-* cloud-provider gce:* *-leader-election
ValidatingWebhookConfiguration: *.config.common-webhooks.networking.gke.io
  gmp-operator.gmp-system.monitoring.googleapis.com validation-webhook.snapshot.storage.k8s.io
  imagepolicywebhook.image-policy.k8s.io
MutatingWebhookConfiguration: *.config.common-webhooks.networking.gke.io
  gmp-operator.gmp-system.monitoring.googleapis.com
ValidatingAdmissionPolicy: gke-*
ValidatingAdmissionPolicyBinding: gke-*
APIService: v1beta1.external.metrics.k8s.io v1beta1.custom.metrics.k8s.io
""",
    bindings="""
event-exporter-rb -> view: kube-system/event-exporter-sa
fluentbit-gke -> stackdriver:fluentbit-gke: kube-system/fluentbit-gke
gce:cloud-provider -> gce:cloud-provider: kube-system/cloud-provider
gcp-controller-manager -> gcp-controller-manager: User:system:controller:gcp-controller-manager
  kube-system/gcp-controller-manager
gke-metadata-server-reader -> gce:gke-metadata-server-reader: kube-system/gke-metadata-server
gke-metrics-agent -> stackdriver:gke-metrics-agent: kube-system/gke-metrics-agent
kubelet-bootstrap -> system:node-bootstrapper: User:kubelet-bootstrap
kubelet-bootstrap-node-bootstrapper -> system:node-bootstrapper: User:kubelet-bootstrap
kubelet-bootstrap-certificate-bootstrap -> gce:beta:kubelet-certificate-bootstrap: User:kubelet-bootstrap
kubelet-nodepool-bootstrapper -> system:node-bootstrapper: User:kubelet-nodepool-bootstrap
kubelet-cluster-admin -> system:node: User:kubelet
kubelet-user-npd-binding -> system:node-problem-detector: User:kubelet
kube-apiserver-kubelet-api-admin -> kubelet-api-admin: User:kube-apiserver User:system:kube-apiserver
npd-binding -> system:node-problem-detector: User:system:node-problem-detector
pdcsi-node -> pdcsi-node: kube-system/pdcsi-node-sa
system:gcp-controller-manager -> system:gcp-controller-manager: User:system:gcp-controller-manager
system:resource-tracker -> system:resource-tracker: User:system:resource-tracker
""",
)
