# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Kubernetes itself, kubeadm and the usual add-ons of its distributions bring.

Sources: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go of Kubernetes 1.34, cmd/kubeadm/app/phases, and the
manifests of CoreDNS, metrics-server, local-path-provisioner and the Secrets Store CSI driver.
"""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.rules import Tables

TABLES = Tables(
    objects="""
Namespace: default kube-system kube-public kube-node-lease local-path-storage
ServiceAccount *: default
Service default: kubernetes
Pod kube-system: etcd-* kube-apiserver-* kube-controller-manager-* kube-scheduler-*
Deployment kube-system: coredns metrics-server
Deployment local-path-storage: local-path-provisioner
DaemonSet kube-system: kube-proxy kindnet csi-secrets-store csi-secrets-store-provider-gcp
ClusterRole: cluster-admin admin edit view system:* kubeadm:get-nodes local-path-provisioner-role
  system:aggregate-to-admin system:aggregate-to-edit system:aggregate-to-view system:aggregated-metrics-reader
  secretproviderclasses-role secretproviderrotation-role secretprovidertokenrequest-role
  secretproviderclasspodstatuses-role secretproviderclasses-admin-role secretproviderclasses-viewer-role
  secretproviderclasspodstatuses-viewer-role
Role kube-system: system:* extension-apiserver-authentication-reader kubeadm:* kube-proxy
Role kube-public: kubeadm:bootstrap-signer-clusterinfo system:controller:bootstrap-signer
Role local-path-storage: local-path-provisioner-role
APIService: v1beta1.metrics.k8s.io
ValidatingAdmissionPolicy: safe-upgrades.gateway.networking.k8s.io
ValidatingAdmissionPolicyBinding: safe-upgrades.gateway.networking.k8s.io
""",
    bindings="""
cluster-admin -> cluster-admin: Group:system:masters
system:discovery -> system:discovery: Group:system:authenticated
system:basic-user -> system:basic-user: Group:system:authenticated
system:public-info-viewer -> system:public-info-viewer: Group:system:authenticated Group:system:unauthenticated
system:service-account-issuer-discovery -> system:service-account-issuer-discovery: Group:system:serviceaccounts
system:monitoring -> system:monitoring: Group:system:monitoring
system:node -> system:node: Group:system:nodes
system:node-proxier -> system:node-proxier: User:system:kube-proxy
system:kube-controller-manager -> system:kube-controller-manager: User:system:kube-controller-manager
system:kube-scheduler -> system:kube-scheduler: User:system:kube-scheduler
system:volume-scheduler -> system:volume-scheduler: User:system:kube-scheduler
system:kube-dns -> system:kube-dns: kube-system/kube-dns
system:coredns -> system:coredns: kube-system/coredns
system:konnectivity-server -> system:auth-delegator: User:system:konnectivity-server
system:controller:* -> system:controller:*: kube-system/*
kubeadm:get-nodes -> kubeadm:get-nodes: Group:system:bootstrappers:kubeadm:default-node-token
kubeadm:kubelet-bootstrap -> system:node-bootstrapper: Group:system:bootstrappers:kubeadm:default-node-token
kubeadm:node-autoapprove-bootstrap -> system:certificates.k8s.io:certificatesigningrequests:nodeclient:
  Group:system:bootstrappers:kubeadm:default-node-token
kubeadm:node-autoapprove-certificate-rotation ->
  system:certificates.k8s.io:certificatesigningrequests:selfnodeclient: Group:system:nodes
kubeadm:node-proxier -> system:node-proxier: kube-system/kube-proxy
kubeadm:cluster-admins -> cluster-admin: Group:kubeadm:cluster-admins
kube-public/kubeadm:bootstrap-signer-clusterinfo -> kubeadm:bootstrap-signer-clusterinfo: User:system:anonymous
kube-public/system:controller:bootstrap-signer -> system:controller:bootstrap-signer: kube-system/bootstrap-signer
kube-system/system::extension-apiserver-authentication-reader -> extension-apiserver-authentication-reader:
  User:system:kube-controller-manager User:system:kube-scheduler
kube-system/system::leader-locking-kube-controller-manager -> system::leader-locking-kube-controller-manager:
  User:system:kube-controller-manager kube-system/kube-controller-manager kube-system/leader-election-controller
kube-system/system::leader-locking-kube-scheduler -> system::leader-locking-kube-scheduler:
  User:system:kube-scheduler kube-system/kube-scheduler
kube-system/system:controller:bootstrap-signer -> system:controller:bootstrap-signer: kube-system/bootstrap-signer
kube-system/system:controller:cloud-provider -> system:controller:cloud-provider: kube-system/cloud-provider
kube-system/system:controller:token-cleaner -> system:controller:token-cleaner: kube-system/token-cleaner
kube-system/kube-proxy -> kube-proxy: Group:system:bootstrappers:kubeadm:default-node-token
kube-system/kubeadm:kubelet-config -> kubeadm:kubelet-config:
  Group:system:nodes Group:system:bootstrappers:kubeadm:default-node-token
kube-system/kubeadm:nodes-kubeadm-config -> kubeadm:nodes-kubeadm-config:
  Group:system:nodes Group:system:bootstrappers:kubeadm:default-node-token
metrics-server:system:auth-delegator -> system:auth-delegator: kube-system/metrics-server
system:metrics-server -> system:metrics-server: kube-system/metrics-server
kube-system/metrics-server-auth-reader -> extension-apiserver-authentication-reader: kube-system/metrics-server
local-path-provisioner-bind -> local-path-provisioner-role: local-path-storage/local-path-provisioner-service-account
local-path-storage/local-path-provisioner-bind -> local-path-provisioner-role:
  local-path-storage/local-path-provisioner-service-account
secretproviderclasses-rolebinding -> secretproviderclasses-role: kube-system/secrets-store-csi-driver
secretproviderrotation-rolebinding -> secretproviderrotation-role: kube-system/secrets-store-csi-driver
secretprovidertokenrequest-rolebinding -> secretprovidertokenrequest-role: kube-system/secrets-store-csi-driver
""",
    grants="""
system:discovery: get= /api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/
system:public-info-viewer: get= /healthz /livez /readyz /version /version/
system:basic-user: create= selfsubjectaccessreviews.authorization.k8s.io selfsubjectrulesreviews.authorization.k8s.io
  selfsubjectreviews.authentication.k8s.io
system:service-account-issuer-discovery: get= /.well-known/openid-configuration /.well-known/openid-configuration/
  /openid/v1/jwks /openid/v1/jwks/
""",
)
