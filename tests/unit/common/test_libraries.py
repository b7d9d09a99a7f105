"""Who lacks a library learns which, what for and how to get it, whatever the task's options are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common import documents
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply import run as certificate
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh import run as mesh_ca
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import check as failover_drill
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls import check as mtls_check
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report import write as proof_report
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover import check as dns_switchover
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls import check as tls_check

ENTRANCES: dict[str, tuple[str, str, Callable[[], Any]]] = {
    "certificate": ("cryptography", "cryptography", lambda: certificate.run({}, check_mode=False)),
    "mesh_ca": ("cryptography", "cryptography", lambda: mesh_ca.run({}, check_mode=False)),
    "mtls_check": ("cryptography", "cryptography", lambda: mtls_check.run({})),
    "tls_check": ("cryptography", "cryptography", lambda: tls_check.run({})),
    "failover_drill": ("dnslib", "dnslib", lambda: failover_drill.run({"state": "drilled"})),
    "dns_switchover": ("dnslib", "dnslib", lambda: dns_switchover.run({})),
    "proof_report": ("jinja2", "jinja2", lambda: proof_report.run({})),
    "YAML": ("yaml", "PyYAML", lambda: documents.load_all("a: 1")),
}


@pytest.mark.parametrize(("module", "package", "enter"), ENTRANCES.values(), ids=ENTRANCES)
def test_a_missing_library_is_named(
    module: str, package: str, enter: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PlatformError) as caught:
        enter()
    assert caught.value.message.startswith(f"the Python library {package} is missing where this runs (")
    assert caught.value.message.endswith(f"; install it: {sys.executable} -m pip install {package}")
    assert "is needed to " in caught.value.message


def test_a_library_that_is_there_is_handed_over() -> None:
    assert require("json", "test") is sys.modules["json"]
