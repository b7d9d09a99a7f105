"""The mesh's authorities over two clusters: put there, kept, renewed, rotated without anybody refusing anybody."""

from __future__ import annotations

import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import (
    DeadlineError,
    OptionError,
    PlatformError,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import load_certificates, signed_by
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import FileStore, Root, ValueStore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.run import connections, parse_shape
from cryptography import x509
from mesh_support import Killed, Mesh


class SlowStore(FileStore):
    """Gives every other run the time to look as well."""

    def load(self) -> list[Root]:
        found = super().load()
        time.sleep(0.05)
        return found


STAGES = ("trust_both", "issue_new", "trust_new")


def reasons(result: dict[str, object]) -> dict[str, str]:
    return {name: one["reason"] for name, one in result["clusters"].items()}  # type: ignore[attr-defined]


def test_a_whole_bundle_in_each_cluster_under_one_root(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    result = mesh.run()
    assert reasons(result) == {"primary": "created", "secondary": "created"}
    (root,) = mesh.store.load()
    assert stat.S_IMODE((tmp_path / "mesh-root.pem").stat().st_mode) == 0o600
    for cluster in mesh.clusters.values():
        data = cluster.mounted()
        assert data is not None and set(data) == {"ca-cert.pem", "ca-key.pem", "root-cert.pem", "cert-chain.pem"}
        (intermediate,) = load_certificates("", data["ca-cert.pem"])
        assert load_certificates("", data["cert-chain.pem"]) == (intermediate, root.certificate)
        assert load_certificates("", data["root-cert.pem"]) == (root.certificate,)
        assert signed_by(intermediate, root.certificate)
        basic = intermediate.extensions.get_extension_for_class(x509.BasicConstraints).value
        names = intermediate.extensions.get_extension_for_class(x509.NameConstraints).value
        assert (basic.ca, basic.path_length) == (True, 0)
        assert names.permitted_subtrees == [x509.UniformResourceIdentifier("example.org")]


def test_the_root_s_key_is_in_no_cluster_and_in_no_result(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    result = mesh.run()
    key = (tmp_path / "mesh-root.pem").read_text().split("-----BEGIN PRIVATE KEY-----")[1].split()[1]
    stored = [content for one in mesh.clusters.values() for content in (one.mounted() or {}).values()]
    assert not any(key.encode() in content for content in stored)
    assert "BEGIN" not in json.dumps(result)


@pytest.mark.parametrize("authority", ["root", "intermediate"])
def test_an_authority_that_would_always_be_due_is_refused(authority: str) -> None:
    args = {"trust_domain": "example.org", "root": {}, authority: {"validity": "30d", "renew_before": "30d"}}
    with pytest.raises(OptionError, match=f"{authority}.renew_before: found a window as long as the validity"):
        parse_shape(args)


ONE = {"endpoint": "https://one.example", "token": "t0p-secret"}


@pytest.mark.parametrize(
    ("clusters", "message"),
    [
        ({}, "clusters: found none"),
        ({"primary": "one"}, "clusters.primary: found str, expected a connection"),
        ({"primary": {**ONE, "ca_cert": "x"}}, "clusters.primary: found ca_cert, expected of endpoint, ca_certificate"),
        ({"primary": {"token": "t0p-secret"}}, "clusters.primary: connection: needs endpoint or kubeconfig"),
        ({"primary": ONE, "secondary": ONE}, "clusters.secondary: found the endpoint of primary"),
    ],
)
def test_clusters_that_are_none_or_one_twice_are_refused(clusters: dict[str, object], message: str) -> None:
    """Of one cluster under two names each would have its intermediate replaced by the other's, by every run."""
    with pytest.raises(OptionError, match=message) as failed:
        connections(clusters)
    assert "t0p-secret" not in failed.value.message


def test_what_a_cluster_refuses_says_which_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = Mesh(tmp_path)

    def refused(*_: object) -> None:
        raise PlatformError("GET secrets: 401 Unauthorized", {"status": 401})

    monkeypatch.setattr(mesh.clusters["secondary"], "get", refused)
    with pytest.raises(PlatformError, match=r"^secondary: GET secrets: 401 Unauthorized$") as failed:
        mesh.run()
    assert failed.value.details == {"status": 401}


def test_again_changes_nothing(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    before = {name: cluster.mounted() for name, cluster in mesh.clusters.items()}
    result = mesh.run()
    assert not result["changed"] and result["diff"] == [] and result["next_stage"] == "steady"
    assert {name: cluster.mounted() for name, cluster in mesh.clusters.items()} == before


def test_check_mode_plans_the_same_and_writes_nothing(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    planned = mesh.run(check_mode=True)
    assert planned["changed"] and not (tmp_path / "mesh-root.pem").exists()
    assert all(cluster.mounted() is None for cluster in mesh.clusters.values())
    assert reasons(planned) == reasons(mesh.run())


def test_a_due_intermediate_alone_is_renewed(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    mesh.now += timedelta(days=300)
    mesh.clusters["secondary"].objects.pop(("Secret", "istio-system", "cacerts"))
    mesh.run()
    mesh.now += timedelta(days=100)
    assert reasons(mesh.run()) == {"primary": "none", "secondary": "none"}
    mesh.now += timedelta(days=150)
    assert reasons(mesh.run()) == {"primary": "renew_window", "secondary": "renew_window"}
    assert mesh.broken == []


@pytest.mark.parametrize("field", bundles.MESH_FIELDS)
def test_a_part_of_a_bundle_is_made_whole(field: str, tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    mesh.run()
    del mesh.clusters["primary"].objects["Secret", "istio-system", "cacerts"]["data"][field]
    result = mesh.run()
    assert reasons(result) == {"primary": "damaged", "secondary": "none"}
    assert field in result["clusters"]["primary"]["why"]
    assert set(mesh.clusters["primary"].mounted() or {}) == set(bundles.MESH_FIELDS)


def test_a_rotation_in_three_stages_during_which_nobody_refuses_anybody(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    (old,) = mesh.store.load()
    followed = []
    for stage in STAGES:
        result = mesh.run(stage)
        followed.append((set(reasons(result).values()), result["next_stage"], len(mesh.store.load())))
        assert not mesh.run(stage)["changed"], "a stage that is done changes nothing"
    assert followed == [
        ({"trust_changed"}, "issue_new", 2),
        ({"issuer_changed"}, "trust_new", 2),
        ({"trust_changed"}, "steady", 1),
    ]
    (new,) = mesh.store.load()
    assert new.id != old.id and mesh.broken == []
    assert not mesh.run()["changed"]
    assert all(cluster.restarts == 0 for cluster in mesh.clusters.values())


def test_auto_does_one_stage_at_a_time_once_the_root_is_due(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    assert mesh.run("auto")["stage"] == "steady"
    mesh.now += timedelta(days=3000)
    assert [mesh.run("auto")["stage"] for _turn in range(4)] == [*STAGES, "steady"]
    assert mesh.broken == []


def test_killed_at_any_request_it_goes_on_from_there(tmp_path: Path) -> None:
    for kill_at in range(1, 200):
        folder = tmp_path / str(kill_at)
        mesh = Mesh(folder).up("a/one")
        (old,) = mesh.store.load()
        primary = mesh.clusters["primary"]
        primary.requests, primary.kill_at = 0, kill_at
        try:
            for stage in STAGES:
                mesh.run(stage)
        except Killed:
            primary.kill_at = None
            for stage in STAGES:
                mesh.run(stage)
        else:
            assert kill_at > 30, "nothing was interrupted"
            return
        (new,) = mesh.store.load()
        assert new.id != old.id and mesh.broken == [], f"killed at request {kill_at}"
        assert not mesh.run()["changed"]
    raise AssertionError("every run was interrupted")


@pytest.mark.parametrize(("done", "forbidden"), [(0, "issue_new"), (0, "trust_new"), (1, "trust_new")])
def test_no_stage_is_skipped(done: int, forbidden: str, tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    mesh.run("trust_both") if done else _begin_only(mesh)
    before = {name: cluster.mounted() for name, cluster in mesh.clusters.items()}
    with pytest.raises(PlatformError, match=f"{forbidden} refused, it would break somebody: primary has not been"):
        mesh.run(forbidden)
    assert {name: cluster.mounted() for name, cluster in mesh.clusters.items()} == before and mesh.broken == []


def _begin_only(mesh: Mesh) -> None:
    """A rotation whose new root exists and that no cluster has heard of."""
    mesh.store.save([*mesh.store.load(), mesh.shape.make_root(mesh.now)])


def test_the_new_root_does_not_issue_while_a_proxy_does_not_trust_it(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    mesh.clusters["secondary"].proxies["b/two"].deaf = True
    with pytest.raises(DeadlineError, match=r"secondary b/two doesn't trust .* yet"):
        mesh.run("trust_both")
    with pytest.raises(PlatformError, match=r"issue_new refused.*secondary b/two doesn't trust"):
        mesh.run("issue_new")
    assert mesh.broken == []


def test_the_old_root_stays_while_a_proxy_presents_a_leaf_under_it(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    mesh.run("trust_both")
    late = mesh.clusters["primary"].proxies["a/one"]
    late.deaf = True
    with pytest.raises(DeadlineError, match="primary a/one still presents a leaf under"):
        mesh.run("issue_new")
    with pytest.raises(PlatformError, match=r"trust_new refused.*primary a/one still presents a leaf"):
        mesh.run("trust_new")
    late.deaf, late.broken = False, "connection refused"
    with pytest.raises(PlatformError, match=r"trust_new refused.*a/one can't be read: pilot-agent ended with 1"):
        mesh.run("trust_new")
    late.broken = ""
    mesh.run("issue_new", timeout=600)
    mesh.run("trust_new")
    assert mesh.broken == []


def test_an_istiod_that_would_ignore_a_second_root_is_refused(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    mesh.clusters["secondary"].multiroot = False
    with pytest.raises(PlatformError, match="secondary istiod runs without ISTIO_MULTIROOT_MESH=true"):
        mesh.run("trust_both")
    assert len(mesh.store.load()) == 1, "no root is made for a rotation that can't begin"


def test_a_lost_root_is_never_replaced_by_itself(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path).up()
    (tmp_path / "mesh-root.pem").unlink()
    with pytest.raises(PlatformError, match="found no root there while the clusters trust"):
        mesh.run()
    for stage in STAGES:
        mesh.run(stage)
    assert mesh.broken == [] and len(mesh.store.load()) == 1


def test_a_root_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    mesh.run()
    (tmp_path / "mesh-root.pem").chmod(0o640)
    with pytest.raises(PlatformError, match="is 0640, expected 0600"):
        mesh.run()


def value_store(mesh: Mesh) -> ValueStore:
    root = mesh.shape.make_root(mesh.now)
    certificate, key = bundles.pem(root.certificate), bundles.keys.key_pem(root.key)  # type: ignore[arg-type]
    return ValueStore(certificate.decode(), key.decode())


def test_of_runs_at_once_one_makes_the_root_and_the_others_take_it(tmp_path: Path) -> None:
    """Otherwise the file would hold the root of the last, and the clusters the root of the first, without its key."""
    mesh = Mesh(tmp_path)
    (tmp_path / f".mesh-root.pem.{'0' * 16}").write_bytes(b"what a killed run left")
    mesh.store = SlowStore(tmp_path / "mesh-root.pem")
    with ThreadPoolExecutor(4) as pool:
        done = [future.result() for future in [pool.submit(mesh.run) for _unused in range(4)]]
    assert sorted(one["changed"] for one in done) == [False, False, False, True]
    (root,) = mesh.store.load()
    for cluster in mesh.clusters.values():
        assert load_certificates("", (cluster.mounted() or {})["root-cert.pem"]) == (root.certificate,)
    assert [path.name for path in tmp_path.iterdir()] == ["mesh-root.pem"]


def test_a_root_from_the_vault_is_rotated_by_putting_another_there(tmp_path: Path) -> None:
    mesh = Mesh(tmp_path)
    mesh.store = value_store(mesh)
    mesh.up()
    assert not mesh.run("trust_both")["changed"], "the same root: nothing to rotate to"
    mesh.now += timedelta(days=1)
    mesh.store = value_store(mesh)
    with pytest.raises(PlatformError, match="begin the rotation with stage: trust_both"):
        mesh.run()
    assert [mesh.run(stage)["next_stage"] for stage in STAGES] == ["issue_new", "trust_new", "steady"]
    assert mesh.broken == [] and not mesh.run()["changed"]


def grown(folder: Path, *proxies: str) -> Mesh:
    """A mesh whose first istiod began without a bundle, and a second cluster where none runs yet."""
    mesh = Mesh(folder)
    primary = mesh.clusters["primary"]
    primary.on_change = mesh.check
    primary.start()
    for name in proxies:
        primary.add_proxy(name)
    return mesh


def test_a_mesh_with_a_root_that_istiod_made_is_not_overrun(tmp_path: Path) -> None:
    mesh = grown(tmp_path, "a/one")
    with pytest.raises(PlatformError, match="primary has no sound bundle, and its proxies trust a root"):
        mesh.run()
    assert mesh.clusters["primary"].mounted() is None


def test_a_mesh_with_a_root_that_istiod_made_is_rotated_to_ours(tmp_path: Path) -> None:
    mesh = grown(tmp_path, "a/one", "b/two")
    assert [mesh.run(stage)["next_stage"] for stage in STAGES] == ["issue_new", "trust_new", "steady"]
    assert mesh.broken == [] and not mesh.run()["changed"]
    assert mesh.clusters["primary"].restarts == 1


def test_an_istiod_without_proxies_that_made_its_own_root_is_restarted(tmp_path: Path) -> None:
    mesh = grown(tmp_path)
    mesh.run()
    assert mesh.clusters["primary"].restarts == 1 and not mesh.run()["changed"]
