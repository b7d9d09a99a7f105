"""The factors between this cloud's seconds and Google's are read from the cloud, by whoever may ask it anything."""

from __future__ import annotations

from testbed.cloud.testing import RunningCloud


def test_a_client_reads_the_clock_and_sees_it_change(cloud: RunningCloud) -> None:
    assert cloud.admin("GET", "clock") == {"time_factor": 0.1, "lateness": 0.0}
    cloud.admin("PATCH", "settings", {"time_factor": 1.0, "lateness": 0.5})
    assert cloud.admin("GET", "clock") == {"time_factor": 1.0, "lateness": 0.5}
    assert cloud.request("GET", "/_testbed/clock", token="another's")[0] == 401
