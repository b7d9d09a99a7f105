# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation that the checks share."""

from __future__ import annotations


class ModuleDocFragment:
    """What every check takes and returns; ``PROBES`` for those that run probe pods, ``CLIENTS`` for clients."""

    DOCUMENTATION = r"""
options:
  cluster:
    description: The name under which cells and reports show this cluster.
    type: str
    required: true
  fail:
    description:
      - Fail the task when a cell is not a pass, and name it.
      - With V(false) the result carries the cells, and M(pingpong.platform.proof_report) fails at the end.
    type: bool
    default: true
attributes:
  check_mode:
    description: Runs in check mode as well, since it changes nothing that outlives it.
    support: full
  diff_mode:
    description: Has nothing to show a difference of.
    support: none
  idempotent:
    description: Leaves nothing behind.
    support: full
"""

    PROBES = r"""
options:
  environment_name:
    description: The environment, as a label of the probe pods.
    type: str
    required: true
  probe_image:
    description: An image with Python and the probe program; that of the ping service has both.
    type: str
    required: true
  probe_command:
    description: How the probe program is started.
    type: list
    elements: str
    default: [python3, -m, pingpong.probe]
  probe_timeout:
    description: Seconds for one probe.
    type: float
    default: 5.0
"""

    CLIENTS = r"""
options:
  name_server_port: {description: 'Its port, UDP.', type: int, default: 53}
  port: {description: The port of HTTPS., type: int, default: 443}
  ca: {description: 'The CA to trust, PEM text; the system''s CAs without it.', type: str}
  ca_file: {description: A file with the CA instead., type: path}
  path: {description: What clients ask for., type: str, default: /ping}
  body: {description: 'What they are answered, with status 200.', type: str, default: pong}
  version_path:
    description: Where the service names its C(cluster). When empty, a site is known by its address alone.
    type: str
    default: /version
  interval: {description: Seconds from one client to the next., type: float, default: 1.0}
  timeout:
    description: Seconds for each wait of a client, be it for DNS, a connection or an answer.
    type: float
    default: 3.0
  in_a_row: {description: How many clients in a row must meet the same for it to hold., type: int, default: 3}
  ttl: {description: The TTL in seconds that answers may have at most., type: int, default: 30}
"""

    RETURN = r"""
cells:
  description: One entry for each question that was asked, with its answer.
  returned: when checked
  type: list
  elements: dict
  contains:
    proof: {description: The check., type: str, sample: mtls}
    cluster: {description: The cluster., type: str}
    source: {description: Who asks or calls., type: str}
    target: {description: What is asked or called., type: str}
    case: {description: What was tried., type: str}
    expected: {description: What was promised., type: str}
    observed: {description: What was found., type: str}
    verdict:
      description: C(pass), C(fail), or C(inconclusive) where the observation decides neither; that is no pass.
      type: str
    reason: {description: Why., type: str}
    evidence: {description: What backs the verdict., type: dict}
summary:
  description: How many cells there are of each verdict, and in all (C(total)).
  returned: when checked
  type: dict
short_of:
  description: The cells that are not a pass, as text; empty when there are none.
  returned: when the task does not fail
  type: str
coverage:
  description: How much was looked at.
  returned: when checked
  type: dict
not_covered:
  description: What could not be looked at, and why.
  returned: when there is something
  type: list
  elements: str
"""
