#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of C(registry_image), and its entrance where no action plugin runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_image
short_description: Copy container images into Artifact Registry
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Copies images from archives, container stores and other registries, with all their platforms and with the digests
    that they have, and returns the digests. An image that is there already is not sent again.
  - A tag is never moved. One that is there with another digest fails, in check mode too.
  - The access token is handed to C(skopeo) in memory; other registries' credentials are the user's own, as
    C(skopeo login) leaves them.
requirements:
  - skopeo >= 1.9
  - Linux
options:
  images:
    description: The images. None is copied when one of them is refused.
    type: list
    elements: dict
    required: true
    suboptions:
      source:
        description:
          - Where the image is, with its transport, as V(oci-archive:dist/ping.tar), V(docker-archive:ping.tar) or
            V(docker://docker.io/istio/pilot:1.29.1).
        type: str
        required: true
      destination:
        description: Its name and tag in Artifact Registry, as V(europe-docker.pkg.dev/my-project/images/ping:1.2.3).
        type: str
        required: true
  skopeo:
    description: The program's name or path.
    type: path
    default: skopeo
extends_documentation_fragment:
  - pingpong.platform.cloud
  - pingpong.platform.cloud.attributes
seealso:
  - module: pingpong.platform.gcp_stack
"""

EXAMPLES = r"""
- name: Push the service's image
  pingpong.platform.registry_image:
    cloud: {project: my-project}
    images:
      - source: oci-archive:dist/ping-1.2.3.tar
        destination: europe-docker.pkg.dev/my-project/images/ping:1.2.3
  register: pushed

- name: Show its digest
  ansible.builtin.debug:
    msg: "{{ pushed.digests['europe-docker.pkg.dev/my-project/images/ping:1.2.3'] }}"
"""

RETURN = r"""
digests:
  description: By destination the digest of the manifest, or of the index of all platforms, with its algorithm.
  returned: success
  type: dict
  sample: {"europe-docker.pkg.dev/my-project/images/ping:1.2.3": "sha256:9f86d081884c7d65"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.images.copy import REGISTRY_IMAGE, run
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module


def main() -> None:
    """Run outside the controller's own process."""
    module = AnsibleModule(argument_spec=REGISTRY_IMAGE, supports_check_mode=True)
    run_module(module, lambda args: run(args, module.check_mode))


if __name__ == "__main__":
    main()
