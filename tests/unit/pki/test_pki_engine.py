"""A task of certificates, from options to results: made once, kept, renewed for a reason, never shown."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks import atomic
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from pki_support import NOW, FakeApi, data_of, engine, secret_of

Options = dict[str, Any]


def files(folder: Path, name: str) -> Options:
    return {"files": {"certificate": f"{folder}/{name}.pem", "key": f"{folder}/{name}.key", "mode": "0600"}}


def root(folder: Path, **more: Any) -> Options:
    return {
        "name": "root",
        "common_name": "a root",
        "ca": {},
        "validity": "3650d",
        "sinks": [files(folder, "root")],
        **more,
    }


def leaf(folder: Path, name: str = "leaf", **more: Any) -> Options:
    return {
        "name": name,
        "common_name": f"{name}.example",
        "dns": [f"{name}.example"],
        "issuer": {"ref": "root"},
        "sinks": [files(folder, name)],
        **more,
    }


def reasons(result: Options) -> dict[str, str]:
    return {one["name"]: one["reason"] for one in result["certificates"]}


def test_a_root_and_leaves_in_one_task_in_any_order_and_then_nothing(tmp_path: Path) -> None:
    task = [leaf(tmp_path), root(tmp_path), leaf(tmp_path, "other")]
    first = engine().run(task)
    assert reasons(first) == {"leaf": "created", "root": "created", "other": "created"}
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    second = engine(now=NOW + timedelta(days=1)).run(task)
    assert not second["changed"] and second["diff"] == []
    assert reasons(second) == {"leaf": "none", "root": "none", "other": "none"}
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_changed_authority_changes_its_leaves_and_nothing_else(tmp_path: Path) -> None:
    stranger = {"name": "stranger", "common_name": "s", "sinks": [files(tmp_path, "stranger")]}
    task = [root(tmp_path), leaf(tmp_path), stranger]
    engine().run(task)
    (tmp_path / "root.pem").unlink()
    (tmp_path / "root.key").unlink()
    assert reasons(engine().run(task)) == {"root": "created", "leaf": "issuer_changed", "stranger": "none"}


def test_only_the_due_one_is_renewed(tmp_path: Path) -> None:
    task = [root(tmp_path), leaf(tmp_path, validity="30d", renew_before="33%"), leaf(tmp_path, "long", validity="365d")]
    engine().run(task)
    result = engine(now=NOW + timedelta(days=25)).run(task)
    assert reasons(result) == {"root": "none", "leaf": "renew_window", "long": "none"}
    assert result["certificates"][1]["days_left"] == 30


def test_check_mode_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    task = [root(tmp_path), leaf(tmp_path)]
    planned = engine(check_mode=True).run(task)
    assert list(tmp_path.iterdir()) == []
    done = engine().run(task)
    assert (planned["diff"], reasons(planned)) == (done["diff"], reasons(done))
    assert "fingerprint" not in planned["certificates"][0] and done["certificates"][0]["fingerprint"]

    task[1]["dns"] = ["leaf.example", "www.leaf.example"]
    planned = engine(check_mode=True).run(task)
    assert planned["diff"] == engine().run(task)["diff"]
    assert "+" not in planned["diff"][0]["before"] and "www.leaf.example" in planned["diff"][0]["after"]

    # The authority that check mode makes and throws away has no name of its own in what follows from it.
    task[0]["common_name"] = "another root"
    planned = engine(check_mode=True).run(task)
    assert [one["why"] for one in planned["certificates"]] == [one["why"] for one in engine().run(task)["certificates"]]


def test_no_key_and_no_pem_is_returned_unless_asked_for(tmp_path: Path) -> None:
    task = [root(tmp_path), leaf(tmp_path)]
    assert "-----BEGIN" not in json.dumps(engine().run(task))
    task[1]["return_content"] = True
    content = engine().run(task)["certificates"][1]["content"]
    assert {"certificate", "chain", "key"} == set(content) and "PRIVATE KEY" in content["key"]


def test_a_secret_is_made_kept_and_mended_with_what_others_put_there(tmp_path: Path) -> None:
    api = FakeApi()
    sink = {"secret": {"namespace": "istio-ingress", "name": "edge", "type": "tls"}}
    task = [root(tmp_path), leaf(tmp_path, sinks=[sink])]
    engine(api).run(task)
    secret = api.objects["Secret", "istio-ingress", "edge"]
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "pingpong.platform"}
    assert set(data_of(secret)) == {"tls.crt", "tls.key", "ca.crt"}
    assert not engine(api).run(task)["changed"] and len(api.writes) == 1

    secret["data"]["theirs"] = "dGhlaXJz"
    secret["data"]["ca.crt"] = ""
    api.put(secret)
    assert reasons(engine(api).run(task)) == {"root": "none", "leaf": "sink_changed"}
    assert data_of(api.objects["Secret", "istio-ingress", "edge"])["theirs"] == b"theirs"

    broken = api.objects["Secret", "istio-ingress", "edge"]
    broken["data"]["tls.key"] = secret_of("", "", {"k": (tmp_path / "root.key").read_bytes()})["data"]["k"]
    api.put(broken)
    result = engine(api).run(task)
    assert reasons(result)["leaf"] == "damaged" and "not the certificate's" in result["certificates"][1]["why"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}}, "found it kept by Helm"),
        ({"metadata": {"ownerReferences": [{"kind": "Certificate", "name": "edge"}]}}, "kept by Certificate edge"),
        ({"type": "Opaque"}, 'found the type "Opaque", expected "kubernetes.io/tls"'),
    ],
)
def test_a_secret_that_another_keeps_is_refused(fields: Options, message: str, tmp_path: Path) -> None:
    api = FakeApi()
    api.put(secret_of("a", "edge", {"x": b"y"}, **fields))
    task = [{"name": "edge", "common_name": "e", "sinks": [{"secret": {"namespace": "a", "name": "edge"}}]}]
    with pytest.raises(PlatformError, match=message):
        engine(api).run(task)
    assert api.writes == []


def test_a_secret_that_changes_under_us_is_not_overwritten() -> None:
    class Racing(FakeApi):
        def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Options | None:
            found = super().get(api_version, kind, name, namespace)
            if found is not None:
                self.put(found)
            return found

    api = Racing()
    api.put(secret_of("a", "edge", {"tls.crt": b"junk", "tls.key": b"junk"}))
    with pytest.raises(ApiError, match="Conflict"):
        engine(api).run([{"name": "e", "common_name": "e", "sinks": [{"secret": {"namespace": "a", "name": "edge"}}]}])


def test_an_authority_from_file_secret_or_value(tmp_path: Path) -> None:
    api = FakeApi()
    kept = [files(tmp_path, "root"), {"secret": {"namespace": "pki", "name": "ca", "type": "cacerts"}}]
    engine(api).run([root(tmp_path, sinks=kept)])
    pair = {"certificate": (tmp_path / "root.pem").read_text(), "key": (tmp_path / "root.key").read_text()}
    issuers: list[Options] = [
        {"certificate_file": str(tmp_path / "root.pem"), "key_file": str(tmp_path / "root.key")},
        {"secret": {"namespace": "pki", "name": "ca"}},
        pair,
    ]
    for issuer in issuers:
        # The same authority by another way: the leaf stays.
        result = engine(api).run([leaf(tmp_path, issuer=issuer)])
        assert reasons(result)["leaf"] == ("created" if issuer is issuers[0] else "none")
    other = engine().run([{"name": "x", "common_name": "x", "ca": {}, "return_content": True}])["certificates"][0]
    with pytest.raises(PlatformError, match="issuer: it holds a key that is not the certificate's"):
        engine(api).run([leaf(tmp_path, issuer={**pair, "key": other["content"]["key"]})])
    with pytest.raises(PlatformError, match=r"issuer: found no certificate with its key there"):
        engine(api).run([leaf(tmp_path, issuer={"secret": {"namespace": "pki", "name": "none"}})])


REFUSED: dict[str, tuple[list[Options], str]] = {
    "unknown reference": ([{"issuer": {"ref": "nobody"}}], 'found "nobody", expected one of'),
    "circle": (
        [{"issuer": {"ref": "c1"}, "ca": {}}, {"issuer": {"ref": "c0"}, "ca": {}}],
        r"circle \(c0 -> c1 -> c0\)",
    ),
    "twice the same name": ([{"name": "c0"}, {"name": "c0"}], 'found "c0" twice'),
    "a leaf as authority": ([{}, {"issuer": {"ref": "c0"}}], "found a certificate that is no CA"),
    "too long a path": (
        [{"ca": {"path_length": 0}}, {"ca": {}, "issuer": {"ref": "c0"}}],
        "its path length is 0, so that it signs leaves only",
    ),
    "too long a path below one above": (
        [
            {"ca": {"path_length": 1}},
            {"ca": {}, "issuer": {"ref": "c0"}},
            {"ca": {}, "issuer": {"ref": "c1"}},
        ],
        'the path length of "CN=c0" above it is 1; expected 2 or more',
    ),
    "an authority for clients only": (
        [{"ca": {}, "extended_usages": ["client_auth"]}, {"issuer": {"ref": "c0"}}],
        'the extended key usage of "CN=c0" lacks server_auth',
    ),
    "two things in one file": (
        [{}, {"sinks": [{"pkcs12": {"file": "c0.pem", "passphrase": "x"}}], "name": "c1"}],
        r"certificates\[1\].sinks: found .*c0.pem twice, expected a place of its own",
    ),
    "two things in one Secret": (
        [
            {"sinks": [{"secret": {"namespace": "a", "name": "s"}}]},
            {"sinks": [{"secret": {"namespace": "a", "name": "s"}}]},
        ],
        r"certificates\[1\].sinks: found Secret a/s tls.crt twice, expected a place of its own",
    ),
    "an authority that is empty": ([{"issuer": {"ref": ""}}], r"certificates\[0\].issuer: found nothing, expected ref"),
    "an authority without its key": (
        [{"issuer": {"certificate_file": "ca.pem", "key_file": ""}}],
        r"issuer: found certificate_file, expected ref",
    ),
    "an empty passphrase": (
        [{"sinks": [{"pkcs12": {"file": "a.p12", "passphrase": ""}}]}],
        r"sinks\[0\].pkcs12.passphrase: found an empty one",
    ),
    "a name that is not permitted": (
        [
            {"ca": {}, "name_constraints": {"permitted": {"dns": ["example.org"]}}},
            {"issuer": {"ref": "c0"}, "dns": ["a.example.org", "a.example.net"]},
        ],
        'permit example.org only, found "a.example.net"',
    ),
    "an identity of another trust domain": (
        [
            {"ca": {}, "name_constraints": {"permitted": {"uris": ["here.example"]}}},
            {"issuer": {"ref": "c0"}, "uris": ["spiffe://there.example/ns/a/sa/a"]},
        ],
        'permit here.example only, found "spiffe://there.example',
    ),
    "the domain itself under a constraint for what is below": (
        [
            {"ca": {}, "name_constraints": {"permitted": {"dns": [".example.org"]}}},
            {"issuer": {"ref": "c0"}, "dns": ["a.example.org", "example.org"]},
        ],
        'permit .example.org only, found "example.org"',
    ),
    "a common name that stands for the DNS name": (
        [
            {"ca": {}, "name_constraints": {"permitted": {"dns": ["example.org"]}}},
            {"issuer": {"ref": "c0"}, "common_name": "www.example.net"},
        ],
        'permit example.org only, found "www.example.net"',
    ),
    "a URI without a host": (
        [
            {"ca": {}, "name_constraints": {"excluded": {"uris": ["example.org"]}}},
            {"issuer": {"ref": "c0"}, "uris": ["urn:uuid:1234"]},
        ],
        'about hosts of URIs, found "urn:uuid:1234"',
    ),
    "an excluded network": (
        [
            {"ca": {}, "name_constraints": {"excluded": {"ips": ["10.0.0.0/8"]}}},
            {"issuer": {"ref": "c0"}, "ips": ["10.1.2.3"]},
        ],
        "exclude 10.0.0.0/8",
    ),
}


@pytest.mark.parametrize(
    ("encryption", "passphrase", "message"),
    [
        (BestAvailableEncryption(b"right"), None, "found it encrypted, expected its passphrase"),
        (
            BestAvailableEncryption(b"right"),
            "wrong",
            "no readable private key, expected PEM, or the passphrase is another",
        ),
        (NoEncryption(), "right", "found a passphrase for a key without one"),
        (NoEncryption(), None, "its key is too weak: RSA with 1024 bits"),
    ],
)
def test_an_authority_whose_key_does_not_serve(
    encryption: KeySerializationEncryption, passphrase: str | None, message: str, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - weak on purpose
    made = engine().run([root(tmp_path)])["certificates"][0]
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, made["name"])])
    basic = x509.BasicConstraints(ca=True, path_length=None)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - timedelta(1), NOW + timedelta(99))
    certificate = builder.add_extension(basic, critical=True).sign(key, SHA256())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
    issuer = {"certificate": certificate.public_bytes(Encoding.PEM).decode(), "key": text, "passphrase": passphrase}
    with pytest.raises(PlatformError, match=message) as failed:
        engine().run([leaf(tmp_path, issuer=issuer)])
    assert "PRIVATE KEY" not in failed.value.message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cert": "tls.crt"}, 'secret.fields: found "cert", expected of tls.crt, tls.key, ca.crt'),
        ({"tls.crt": "both", "tls.key": "both"}, 'secret.fields: found "both" twice'),
        ({"ca.crt": "tls.crt"}, 'secret.fields: found "tls.crt" twice'),
        ({"ca.crt": "a/b"}, 'secret.fields.ca.crt: found "a/b", expected letters'),
    ],
)
def test_names_of_fields_that_would_lose_one_are_refused(fields: Options, message: str) -> None:
    sink = {"secret": {"namespace": "a", "name": "edge", "type": "opaque", "fields": fields}}
    with pytest.raises(OptionError, match=message):
        engine().run([{"name": "edge", "common_name": "e", "sinks": [sink]}])


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_refused_later_is_refused_now(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    entries, message = REFUSED[case]
    task = [
        {"name": f"c{index}", "common_name": f"c{index}", "sinks": [files(tmp_path, f"c{index}")], **entry}
        for index, entry in enumerate(entries)
    ]
    with pytest.raises(PlatformError, match=message):
        engine().run(task)


def test_a_certificate_for_nowhere_is_refused() -> None:
    with pytest.raises(OptionError, match=r"certificates\[0\].sinks: found none"):
        engine().run([{"name": "x", "common_name": "x"}])


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (b"\x2a\x86\x48\xce\x3d\x02\x01", b"\x2a\x86\x48\xce\x3d\x02\x7f"),  # a key of an unknown kind
        (b"\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x2a\x86\x48\xce\x3d\x03\x01\x7f"),  # an unknown curve
        (b"leaf.example", b"l\xffaf.example"),  # a subject and a name that are no text
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07"),  # a version of X.509 that there is not
    ],
)
def test_a_certificate_that_is_unreadable_in_part_is_damaged(part: bytes, other: bytes, tmp_path: Path) -> None:
    task = [root(tmp_path), leaf(tmp_path)]
    engine().run(task)
    whole = x509.load_pem_x509_certificates((tmp_path / "leaf.pem").read_bytes())[0]
    der = whole.public_bytes(Encoding.DER)
    assert part in der
    broken = base64.encodebytes(der.replace(part, other)).decode()
    (tmp_path / "leaf.pem").write_text(f"-----BEGIN CERTIFICATE-----\n{broken}-----END CERTIFICATE-----\n")
    assert reasons(engine().run(task)) == {"root": "none", "leaf": "damaged"}
    assert not engine().run(task)["changed"]


def test_pkcs12_is_compared_by_content_and_not_rewritten(tmp_path: Path) -> None:
    store = {"pkcs12": {"file": str(tmp_path / "leaf.p12"), "passphrase": "sesame"}}
    task = [root(tmp_path), leaf(tmp_path, sinks=[store])]
    engine().run(task)
    store["pkcs12"]["friendly_name"] = "another"
    assert 'is "leaf", expected "another"' in engine().run(task)["certificates"][1]["why"]
    written = (tmp_path / "leaf.p12").read_bytes()
    assert not engine().run(task)["changed"] and (tmp_path / "leaf.p12").read_bytes() == written
    key, certificate, above = pkcs12.load_key_and_certificates(written, b"sesame")
    assert key is not None and certificate is not None
    assert above == [x509.load_pem_x509_certificate((tmp_path / "root.pem").read_bytes())]


def test_what_an_authority_signs_is_written_after_it_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an authority's key is lost, the next run makes another, and every certificate with it."""
    write = atomic.write_together

    def refuse_the_root(contents: dict[Path, tuple[bytes, atomic.Access]]) -> None:
        if tmp_path / "root.pem" in contents:
            time.sleep(0.2)  # so that whoever does not wait is the first
            raise PlatformError("root.pem: can't be written: no space left")
        write(contents)

    monkeypatch.setattr(atomic, "write_together", refuse_the_root)
    with pytest.raises(PlatformError, match="no space left"):
        engine().run([leaf(tmp_path), root(tmp_path), {**leaf(tmp_path, "stranger"), "issuer": None}])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stranger.key", "stranger.pem"]
