"""The changes to kind's own node files."""

from __future__ import annotations

import pytest

from testbed.nodes.image import nodefiles

CONFIG = """\
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  # restrict_oom_score_adj needs to be true when running inside UserNS
  restrict_oom_score_adj = false
  sandbox_image = "registry.k8s.io/pause:3.10"
"""
UNIT = """\
[Service]
ExecStart=/usr/local/bin/containerd
LimitNPROC=infinity
LimitCORE=infinity
LimitNOFILE=infinity
TasksMax=infinity
OOMScoreAdjust=-999
"""


def test_containerd_runs_where_a_container_may_not_lower_its_oom_score() -> None:
    changed = nodefiles.containerd_config(CONFIG).splitlines()
    assert "  restrict_oom_score_adj = true" in changed
    assert f'  sandbox_image = "{nodefiles.PAUSE_REFERENCE}"' in changed
    assert len(changed) == len(CONFIG.splitlines())


@pytest.mark.parametrize("key", ["restrict_oom_score_adj = false", "sandbox_image"])
def test_another_shape_of_kinds_configuration_is_noticed(key: str) -> None:
    with pytest.raises(ValueError, match="expected one line"):
        nodefiles.containerd_config(CONFIG.replace(key, "renamed = 1 #"))


def test_containerds_unit_asks_for_no_raised_limit() -> None:
    assert nodefiles.containerd_service(UNIT) == "[Service]\nExecStart=/usr/local/bin/containerd\nTasksMax=infinity\n"
