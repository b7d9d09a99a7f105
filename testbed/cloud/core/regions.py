"""Google's regions and their zones."""

from __future__ import annotations

# https://cloud.google.com/compute/docs/regions-zones, the regions that people use most; all of 2026's naming rules.
ZONES_OF = {
    "asia-east1": "abc", "asia-northeast1": "abc", "asia-south1": "abc", "asia-southeast1": "abc",
    "australia-southeast1": "abc", "europe-central2": "abc", "europe-north1": "abc", "europe-southwest1": "abc",
    "europe-west1": "bcd", "europe-west2": "abc", "europe-west3": "abc", "europe-west4": "abc",
    "europe-west6": "abc", "europe-west8": "abc", "europe-west9": "abc", "europe-west12": "abc",
    "northamerica-northeast1": "abc", "southamerica-east1": "abc", "us-central1": "abcf", "us-east1": "bcd",
    "us-east4": "abc", "us-east5": "abc", "us-south1": "abc", "us-west1": "abc", "us-west2": "abc",
    "us-west3": "abc", "us-west4": "abc",
}  # fmt: skip
REGIONS = tuple(ZONES_OF)
ZONES = tuple(f"{region}-{letter}" for region, letters in ZONES_OF.items() for letter in letters)


def region_of(zone: str) -> str:
    """`europe-west1` of `europe-west1-b`."""
    return zone.rpartition("-")[0]
