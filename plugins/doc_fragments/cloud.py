# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options that all tasks on Google Cloud share, and what those that change it return."""

from __future__ import annotations


class ModuleDocFragment:
    """How to reach Google Cloud, and how the tasks behave."""

    DOCUMENTATION = r"""
options:
  cloud:
    description: How to reach Google Cloud.
    type: dict
    default: {}
    suboptions:
      project:
        description: Id of the project. Without it, E(GCP_PROJECT) or E(GOOGLE_CLOUD_PROJECT).
        type: str
      endpoint:
        description:
          - Where the APIs are, with C({service}) for the name of the API, as in V(https://{service}.googleapis.com).
            Without it, E(PINGPONG_CLOUD_ENDPOINT), then Google's own.
        type: str
      ca_file:
        description:
          - File with the certificates of the authorities to trust instead of the system's. Without it,
            E(PINGPONG_CLOUD_CA_FILE).
        type: path
      request_timeout:
        description: Seconds to wait for one answer.
        type: float
        default: 60.0
      auth:
        description: The credential. One token is fetched for a task, and once more when a server refuses it.
        type: dict
        suboptions:
          kind:
            description:
              - V(application_default) finds the credential as Google's own tools do
                (E(GOOGLE_APPLICATION_CREDENTIALS), gcloud, the metadata server of a virtual machine or a pod, which
                E(GCE_METADATA_HOST) may name).
              - V(service_account) reads a key file, V(workload_identity) an external account's file, both from
                O(cloud.auth.credentials_file).
              - V(impersonation) acts as O(cloud.auth.service_account), with the application default or
                O(cloud.auth.credentials_file).
              - V(access_token) takes a token from O(cloud.auth.token), O(cloud.auth.token_file) or
                E(GCP_ACCESS_TOKEN).
            type: str
            default: application_default
            choices: [application_default, service_account, impersonation, workload_identity, access_token]
          token:
            description: An access token.
            type: str
          token_file:
            description: File that holds an access token; read again when the token is refused.
            type: path
          credentials_file:
            description: File of a service account's key or of an external account.
            type: path
          service_account:
            description: Email of the service account to impersonate.
            type: str
          scopes:
            description: OAuth scopes. Without them, cloud-platform.
            type: list
            elements: str
requirements:
  - urllib3
  - google-auth and requests (for every O(cloud.auth.kind) but V(access_token))
"""

    CHANGING = r"""
options:
  state:
    description: Whether the resources are to be there.
    type: str
    choices: [present, absent]
    default: present
  labels:
    description:
      - Labels of the owner, added to every resource whose kind has labels. What carries all of them is the owner's.
    type: dict
    default: {}
  payloads:
    description:
      - Values of secrets by name; a C(secret_version) names one with C(payload_from). Never shown.
    type: dict
  unprotect:
    description: Allow the deletion of protected resources.
    type: bool
    default: false
  timeout:
    description:
      - Seconds that the work on one resource may take. What is not finished then is found again, and waited for, by
        the next run.
    type: float
    default: 3600.0
"""

    ATTRIBUTES = r"""
options: {}
attributes:
  check_mode:
    description: Plans and changes nothing. The plan is the one that a real run carries out.
    support: full
  diff_mode:
    description: Shows the fields that differ, by resource. Values of secrets are masked.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
"""

    RETURN = r"""
resources:
  description: The plan by resource.
  returned: always
  type: list
  elements: dict
  contains:
    key:
      description: The resource's key.
      type: str
    kind:
      description: Its kind.
      type: str
    action:
      description: V(none), V(create), V(update), V(replace), V(delete), or V(blocked) when it cannot be done.
      type: str
    fields:
      description: The fields that differ, each with C(field), C(before), C(after) and C(why).
      type: list
      elements: dict
    why:
      description: Why the action is what it is.
      type: str
counts:
  description: How many resources each action concerns.
  returned: always
  type: dict
summary:
  description: The counts as a sentence.
  returned: always
  type: str
  sample: 2 to create, 1 to update, 17 unchanged
requests:
  description: How many requests were sent.
  returned: always
  type: int
mutations:
  description: How many of them could change something.
  returned: always
  type: int
waits:
  description: What Google was late with (an API, an account, a role, another operation, a user of a resource), and how
    many seconds each took.
  returned: always
  type: list
  elements: str
  sample: ["project_iam/nodes: 12 s for the service account to be known"]
"""
