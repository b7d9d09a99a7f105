# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The recommendations of the CIS GKE Benchmark that cells answer, by the cells' case."""

from __future__ import annotations

BENCHMARK = "CIS GKE Benchmark v1.6.0"
NUMBERS = {
    "public members": "5.1.2",
    "node account": "5.2.1",
    "workload identity": "5.2.2",
    "encrypted secrets": "5.3.1",
    "metadata server": "5.4.1",
    "node image": "5.5.1",
    "auto-repair": "5.5.2",
    "auto-upgrade": "5.5.3",
    "release channel": "5.5.4",
    "shielded nodes": "5.5.5",
    "integrity monitoring": "5.5.6",
    "secure boot": "5.5.7",
    "flow logs": "5.6.1",
    "intranode visibility": "5.6.1",
    "VPC-native": "5.6.2",
    "authorized networks": "5.6.3",
    "public endpoint": "5.6.4",
    "private nodes": "5.6.5",
    "open to the internet": "5.6.6",
    "logging": "5.7.1",
    "monitoring": "5.7.1",
    "client certificate": "5.8.1",
    "legacy ABAC": "5.8.3",
    "boot disk key": "5.9.2",
    "dashboard": "5.10.1",
    "alpha features": "5.10.2",
    "binary authorization": "5.10.4",
    "security posture": "5.10.5",
}


def numbered(case: str) -> str:
    """The case with its recommendation's number, where there is one."""
    return f"{case} (CIS {NUMBERS[case]})" if case in NUMBERS else case
