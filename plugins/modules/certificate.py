#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(certificate), and its entrance where no action plugin runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Manage X.509 certificates in Secrets and files, and renew them
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Brings one or many certificates, with their keys, to what is declared, and into Kubernetes Secrets, PEM files,
    PKCS#12 files and secrets of Google's Secret Manager.
  - A certificate is made anew, with a new key, for a reason only, and the reason is returned; O(certificates) says
    which there are. Otherwise nothing is written.
  - It runs in the controller, so that files are the controller's.
  - A private key is written readable by its owner alone unless a mode says otherwise, or straight to the API; it is
    neither shown nor returned unless O(certificates[].return_content) asks for it.
options:
  certificates:
    description:
      - The certificates, in any order; one may sign another of the same task.
      - "The reasons for a change, the weightiest first: V(created), V(damaged), V(expired), V(not_yet_valid),
        V(weak_key), V(key_changed), V(subject_changed), V(san_changed), V(constraints_changed), V(issuer_changed),
        V(validity_changed), V(renew_window). V(sink_changed) says that the certificate stayed and a place that should
        hold it lacked it."
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The certificate's name in results, in errors and in O(certificates[].issuer.ref).
        type: str
        required: true
      common_name:
        description: The subject's common name, at most 64 characters. Clients look at the other names only.
        type: str
      organization:
        description: The subject's organization.
        type: str
      dns:
        description: DNS names, in ASCII; V(*.example.org) stands for every name one level below.
        type: list
        elements: str
      ips:
        description: IP addresses.
        type: list
        elements: str
      uris:
        description: URIs, such as a SPIFFE identity.
        type: list
        elements: str
      emails:
        description: Email addresses.
        type: list
        elements: str
      key:
        description: The private key.
        type: dict
        suboptions:
          algorithm:
            description: How the key is made.
            type: str
            choices: [ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096, ed25519]
            default: ecdsa-p256
      usages:
        description:
          - What the key may do. The default is V(digital_signature), with V(key_encipherment) for RSA; for an authority
            V(key_cert_sign) and V(crl_sign).
        type: list
        elements: str
        choices:
          - digital_signature
          - content_commitment
          - key_encipherment
          - data_encipherment
          - key_agreement
          - key_cert_sign
          - crl_sign
          - encipher_only
          - decipher_only
      extended_usages:
        description: What the certificate is for. The default is V(server_auth), none for an authority.
        type: list
        elements: str
        choices: [server_auth, client_auth, code_signing, email_protection, time_stamping, ocsp_signing]
      ca:
        description: Makes it an authority that may sign others.
        type: dict
        suboptions:
          path_length:
            description: How many authorities may stand between it and a leaf; any number when left out.
            type: int
      name_constraints:
        description: The names that an authority may sign certificates for.
        type: dict
        suboptions:
          permitted:
            description: Only these, of each kind that is listed.
            type: dict
            suboptions: &subtrees
              dns:
                description: Domains; all names below are meant too, and with a leading dot only those.
                type: list
                elements: str
              ips:
                description: Networks, such as V(10.0.0.0/8).
                type: list
                elements: str
              uris:
                description: Hosts of URIs; with a leading dot all hosts below.
                type: list
                elements: str
              emails:
                description: Addresses, hosts, or with a leading dot all hosts below.
                type: list
                elements: str
          excluded:
            description: None of these.
            type: dict
            suboptions: *subtrees
      validity:
        description:
          - How long it is valid from when it is made, such as V(90d), V(36h), V(1y). Nothing outlives its issuer.
        type: str
        default: 90d
      renew_before:
        description: How long before its end it is made anew, as a span (V(30d)) or as a share of its life (V(33%)).
        type: str
        default: 33%
      issuer:
        description:
          - The authority that signs it. Self-signed when left out, or when the text V(self) is given.
        type: dict
        suboptions:
          ref:
            description: Another certificate of this task.
            type: str
          secret:
            description: A Secret with the authority, laid out as V(tls.crt)/V(tls.key) or V(ca-cert.pem)/V(ca-key.pem).
            type: dict
            suboptions:
              namespace:
                description: The Secret's namespace.
                type: str
                required: true
              name:
                description: The Secret's name.
                type: str
                required: true
          secret_manager:
            description:
              - A secret of Google's Secret Manager, in the project of O(cloud), with the authority as
                O(certificates[].sinks[].secret_manager) keeps it.
            type: dict
            suboptions:
              name:
                description: The secret's name.
                type: str
                required: true
          certificate_file:
            description: A PEM file with the authority's certificate, followed by those above it.
            type: path
          key_file:
            description: The PEM file of its key.
            type: path
          certificate:
            description: The same as text.
            type: str
          key:
            description: The key as text.
            type: str
          passphrase:
            description: What the key is encrypted under, if it is.
            type: str
      sinks:
        description:
          - Where the certificate is kept. The first place that holds a usable one is believed, and the others follow.
        type: list
        elements: dict
        suboptions:
          secret:
            description: A Kubernetes Secret. Fields of others in it stay; a Secret that another tool keeps is refused.
            type: dict
            suboptions:
              namespace:
                description: The Secret's namespace.
                type: str
                required: true
              name:
                description: The Secret's name.
                type: str
                required: true
              type:
                description:
                  - V(tls) writes V(tls.crt) (followed by the intermediates), V(tls.key) and V(ca.crt) (the root) as
                    C(kubernetes.io/tls); V(opaque) the same as C(Opaque); V(cacerts) the layout of Istio's plug-in CA.
                type: str
                choices: [tls, opaque, cacerts]
                default: tls
              fields:
                description: "Other names for the fields, such as V({ca.crt: bundle.pem})."
                type: dict
          secret_manager:
            description:
              - A secret of Google's Secret Manager, in the project of O(cloud), which must exist. Its newest enabled
                version holds the certificate, those above it and the key as one PEM text; the versions before it are
                disabled. Of two runs that write at once, one writes and the other fails.
            type: dict
            suboptions:
              name:
                description: The secret's name.
                type: str
                required: true
          files:
            description: PEM files.
            type: dict
            suboptions:
              certificate:
                description: The certificate, followed by the intermediates.
                type: path
                required: true
              key:
                description: The key, PKCS#8 without encryption.
                type: path
                required: true
              chain:
                description: The certificates above it, the root last.
                type: path
              owner: &owner
                description: The files' owner, a name or an id; whoever runs Ansible, when left out.
                type: str
              group: &group
                description: The files' group, a name or an id.
                type: str
              mode: &mode
                description: The files' mode in octal digits.
                type: raw
                default: "0600"
              key_mode:
                description:
                  - The mode of the key alone, O(certificates[].sinks[].files.mode) when left out. What would let every
                    user of the machine read the key is refused.
                type: raw
          pkcs12:
            description: A PKCS#12 file.
            type: dict
            suboptions:
              file:
                description: Its path.
                type: path
                required: true
              passphrase:
                description: What it is encrypted under.
                type: str
                required: true
              friendly_name:
                description: The entry's name, the certificate's name when left out.
                type: str
              owner: *owner
              group: *group
              mode: *mode
      mesh_leaf:
        description: That it is presented inside the mesh, where Ed25519 is refused, because Envoy's handshake fails.
        type: bool
        default: false
      return_content:
        description: Return certificate, chain and private key too. Set C(no_log) on the task then.
        type: bool
        default: false
      return_trusted:
        description: Return the certificate that clients must trust, which is public.
        type: bool
        default: false
  connection:
    description: How to reach the cluster whose Secrets are read or written; not needed without one.
    required: false
  environment_name:
    description: The environment, as a label of the Secrets.
    type: str
  layer:
    description: The layer, as a label of the Secrets.
    type: str
    default: certificates
attributes:
  check_mode:
    description: Reports what would be made, and why, and writes nothing.
    support: full
  diff_mode:
    description: Shows decoded fields, never PEM.
    support: full
  idempotent:
    description: A certificate that is as declared and not due is not changed.
    support: full
extends_documentation_fragment:
  - pingpong.platform.cluster
  - pingpong.platform.cloud
notes:
  - Needs the Python library C(cryptography) in the controller.
"""

EXAMPLES = r"""
- name: A root of our own and a certificate for the edge under it, into Istio's credential Secret
  pingpong.platform.certificate:
    connection: "{{ cluster_connection }}"
    environment_name: local
    certificates:
      - name: edge-root
        common_name: edge root
        ca: {path_length: 0}
        validity: 3650d
        sinks:
          - files: {certificate: pki/edge-root.pem, key: pki/edge-root.key}
      - name: edge
        common_name: test.localdev.me
        dns: [test.localdev.me]
        validity: 90d
        renew_before: 30d
        issuer: {ref: edge-root}
        sinks:
          - secret: {namespace: istio-ingress, name: test-localdev-me}

- name: An authority that only Secret Manager keeps, and a certificate that it signs
  pingpong.platform.certificate:
    connection: "{{ cluster_connection }}"
    cloud: {project: example-project}
    certificates:
      - name: authority
        common_name: example hosts
        ca: {path_length: 0}
        validity: 3650d
        sinks:
          - secret_manager: {name: hosts-authority}
      - name: host
        dns: [app.example.com]
        issuer: {ref: authority}
        sinks:
          - secret: {namespace: app, name: app-tls}

- name: A client certificate as PKCS#12, signed by an authority in a Secret
  pingpong.platform.certificate:
    connection: "{{ cluster_connection }}"
    certificates:
      - name: reader
        common_name: reader
        emails: [reader@example.org]
        extended_usages: [client_auth]
        issuer:
          secret: {namespace: pki, name: clients-ca}
        sinks:
          - pkcs12: {file: reader.p12, passphrase: "{{ reader_passphrase }}"}
"""

RETURN = r"""
certificates:
  description: One entry for each certificate, in the order of the option.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The certificate's name.
      type: str
    changed:
      description: Whether it was made anew, or a place for it written.
      type: bool
    reason:
      description: The weightiest reason for the change, V(none) without one.
      type: str
      sample: renew_window
    reasons:
      description: Every reason that applied.
      type: list
      elements: str
    why:
      description: The reasons in words, with what was found.
      type: str
      sample: it ends 2027-01-01T00:00:00Z, in 12d3h; due since 2026-12-02T00:00:00Z
    trusted:
      description: The certificate that clients must trust, the last of the chain, as PEM.
      returned: when O(certificates[].return_trusted) asks for it, unless check mode made the certificate
      type: str
    fingerprint:
      description: SHA-256 of the certificate, in hexadecimal.
      returned: unless check mode made the certificate
      type: str
    serial:
      description: The serial number, in hexadecimal.
      returned: unless check mode made the certificate
      type: str
    subject:
      description: The subject.
      type: str
      sample: CN=test.localdev.me
    issuer:
      description: The issuer's subject.
      type: str
    dns:
      description: Its DNS names; C(ips), C(uris) and C(emails) stand beside it.
      type: list
      elements: str
    key:
      description: The key's algorithm.
      type: str
      sample: ecdsa-p256
    not_before:
      description: When it begins.
      type: str
    not_after:
      description: When it ends.
      type: str
    renew_at:
      description: From when it is renewed.
      type: str
    days_left:
      description: Whole days until it ends.
      type: int
    sinks:
      description: Its places, and whether each was written.
      type: list
      elements: dict
    content:
      description: PEM texts C(certificate), C(chain) and C(key).
      returned: when return_content is set
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.spec import ARGUMENT_SPEC


def main() -> None:
    """Run the task where Ansible has put the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run_module(module, lambda args: run(args, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
