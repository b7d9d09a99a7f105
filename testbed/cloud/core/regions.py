"""Google's regions and their zones, as today's discovery document of compute lists their endpoints.

The document names regions, not zones: a region has the zones a, b and c but for the few that
https://cloud.google.com/compute/docs/regions-zones lists otherwise (below). AI zones are left out.
"""

from __future__ import annotations

from testbed.cloud.core.protocol.discovery import load

USUAL = "abc"
OTHERWISE = {"europe-west1": "bcd", "us-central1": "abcf", "us-east1": "bcd"}
REGIONS = tuple(sorted(str(endpoint["location"]) for endpoint in load("compute").document["endpoints"]))
ZONES_OF = {region: OTHERWISE.get(region, USUAL) for region in REGIONS}
ZONES = tuple(f"{region}-{letter}" for region, letters in ZONES_OF.items() for letter in letters)


def region_of(zone: str) -> str:
    """`europe-west1` of `europe-west1-b`."""
    return zone.rpartition("-")[0]
