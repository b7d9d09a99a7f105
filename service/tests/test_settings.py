"""Settings: the environment wins over the file, and mistakes are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pingpong import env_file
from pingpong.settings import InvalidSettingsError, Settings, load


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if "__" in name or name == "TARGET":
            monkeypatch.delenv(name)


def load_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], file: str = "") -> Settings:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / ".env"
    path.write_text(file)
    return load(path)


def test_defaults_need_no_file(tmp_path: Path) -> None:
    settings = load(tmp_path / "absent")
    assert (settings.service.port, settings.service.metrics_port, settings.target) == (8080, 9080, None)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_with(
        tmp_path,
        monkeypatch,
        {"SERVICE__PORT": "1"},
        "SERVICE__PORT=2\nSERVICE__METRICS_PORT=3\nTARGET=http://b/ping\n",
    )
    assert (settings.service.port, settings.service.metrics_port) == (1, 3)
    assert settings.target == "http://b/ping"


VALUES = {
    "unquoted": ("a b", "a b"),
    "unquoted, a name": ("x${WHERE}", "xhere"),
    "unquoted, a name that is not set": ("x${NOWHERE}", "x"),
    "unquoted, a default": ("${NOWHERE:-there}", "there"),
    "unquoted, a default that is not needed": ("${WHERE:-there}", "here"),
    "unquoted, without braces": ("$WHERE", "$WHERE"),
    "unquoted, an earlier value": ("${EARLIER}", "1"),
    "unquoted, a comment": ("a # ${WHERE}", "a"),
    "unquoted, a # in it": ("a#b", "a#b"),
    "unquoted, a backslash": (r"a\nb", r"a\nb"),
    "unquoted, quotes in it": ("a'${WHERE}'", "a'here'"),
    "unquoted, nothing": ("", ""),
    "single quotes": ("' a '", " a "),
    "single quotes, a name": ("'${WHERE}'", "${WHERE}"),
    "single quotes, a default": ("'${NOWHERE:-there}'", "${NOWHERE:-there}"),
    "single quotes, an earlier value": ("'${EARLIER}'", "${EARLIER}"),
    "single quotes, a comment": ("'${WHERE}'  # b", "${WHERE}"),
    "single quotes, a # in them": ("'a # b'", "a # b"),
    "single quotes, escapes": (r"'\'\\\n\$'", "'" + r"\\n\$"),
    "single quotes, double ones in them": ("'\"${WHERE}\"'", '"${WHERE}"'),
    "single quotes, two lines": ("'a\n${WHERE}'", "a\n${WHERE}"),
    "single quotes, nothing": ("''", ""),
    "double quotes": ('" a "', " a "),
    "double quotes, a name": ('"x${WHERE}"', "xhere"),
    "double quotes, a default": ('"${NOWHERE:-there}"', "there"),
    "double quotes, a # in them": ('"a # b"', "a # b"),
    "double quotes, escapes": (r'"\"\\\n\t"', '"\\\n\t'),
    "double quotes, single ones in them": ("\"'${WHERE}'\"", "'here'"),
    "double quotes, two lines": ('"a\n${WHERE}"', "a\nhere"),
}  # fmt: skip


@pytest.mark.parametrize("form", ["X={}", "export X={}", "X = {}", "\n# ours\n  X={}", "'X'={}"])
@pytest.mark.parametrize("case", VALUES)
def test_values_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, form: str) -> None:
    written, expected = VALUES[case]
    monkeypatch.setenv("WHERE", "here")
    for end in ("", "\n", "\r\nY=2\r\n"):
        (tmp_path / ".env").write_bytes(("EARLIER=1\n" + form.format(written) + end).encode())
        assert env_file.read(tmp_path / ".env")["X"] == expected


def test_the_settings_take_a_single_quoted_value_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_with(tmp_path, monkeypatch, {"WHERE": "here"}, "PLACE__POD='${WHERE}'\nplace__region=${WHERE}\n")
    assert (settings.place.pod, settings.place.region) == ("${WHERE}", "here")


def test_an_empty_value_is_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_with(tmp_path, monkeypatch, {"TARGET": "", "SERVICE__PORT": ""}).service.port == 8080


def test_what_is_not_ours_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_with(tmp_path, monkeypatch, {"PINGPONG_A_SERVICE_HOST": "10.0.0.1", "OTHER__THING": "1"})


WRONG = {
    "a word for a number": ({"SERVICE__PORT": "http"}, "", "SERVICE__PORT: found 'http'", "valid integer"),
    "a port too high": ({"SERVICE__PORT": "65536"}, "", "SERVICE__PORT: found '65536'", "less than or equal to 65535"),
    "no URL": ({"TARGET": "pingpong-b:8080"}, "", "TARGET: found 'pingpong-b:8080'", "http://host:8080/ping"),
    "another scheme": ({"TARGET": "ftp://b/ping"}, "", "TARGET: found", "http://host"),
    "a password in the URL": ({"TARGET": "http://u:p@b/"}, "", "TARGET: found", "without user"),
    "a password alone in the URL": ({"TARGET": "http://:p@b/"}, "", "TARGET: found", "without user"),
    "a port that is none": ({"TARGET": "http://b:0/"}, "", "TARGET: found 'http://b:0/'", "1 to 65535"),
    "a line without a value": ({}, "# ours\nSERVICE__PORT\n", "line 2: found 'SERVICE__PORT'", "NAME=value"),
    "a line without an equals sign": ({}, "SERVICE__PORT 8081\n", "line 1: found 'SERVICE__PORT'", "NAME=value"),
    "a quote that is not closed": ({}, "\nTARGET='http://b/\n", "line 2: found 'TARGET'", "NAME=value"),
    "a line end in the URL": ({"TARGET": "http://b/\r\nX: y"}, "", "TARGET: found", "printable"),
    "an unknown setting of a section": (
        {"SERVICE__PROT": "1"}, "", "SERVICE__PROT: unknown setting", "SERVICE__PORT"),
    "an unknown setting in the file": ({}, "TARGETT=http://b/\n", "TARGETT: unknown setting", "TARGET"),
    "an unknown word": ({"LOG__LEVEL": "loud"}, "", "LOG__LEVEL: found 'loud'", "'debug'"),
    "half a certificate": ({"TLS__CERT_FILE": "/a"}, "", "TLS", "TLS__CERT_FILE and TLS__KEY_FILE go together"),
    "a limit of nothing": ({"LIMITS__HEAD_SECONDS": "0"}, "", "LIMITS__HEAD_SECONDS: found '0'", "greater than 0"),
    "a section that is a number": ({"SERVICE": "1"}, "", "SERVICE: found 1", "expected SERVICE__HOST, SERVICE__PORT"),
    "a section that is a word": ({"LOG": "debug"}, "", "LOG: found no JSON", "expected LOG__LEVEL, LOG__FORMAT"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    env, file, name, expected = WRONG[case]
    with pytest.raises(InvalidSettingsError) as error:
        load_with(tmp_path, monkeypatch, env, file)
    message = str(error.value)
    assert name.lower() in message.lower()
    assert expected in message


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"TARGET=\xff\n")
    with pytest.raises(InvalidSettingsError, match=str(path)):
        load(path)


def test_all_mistakes_are_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidSettingsError) as error:
        load_with(tmp_path, monkeypatch, {"SERVICE__PORT": "x", "TARGET": "y"})
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("env", "file"),
    [
        ({"TARGET": "http://u:s3cret@b/"}, ""),
        ({"TARGET": "http://u:p@s3cret@b/"}, ""),
        ({"TARGET": "http://u:s3/cret@b/"}, ""),
        ({"TARGET": "u:s3cret@b"}, ""),
        ({}, "TARGET 'http://u:s3cret@b/'\n"),
        ({"PEER": '{"timeout_seconds": "s3cret'}, ""),
    ],
)
def test_a_password_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], file: str
) -> None:
    with pytest.raises(InvalidSettingsError) as error:
        load_with(tmp_path, monkeypatch, env, file)
    assert "s3" not in str(error.value)
