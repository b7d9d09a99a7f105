"""Settings, from the environment and a ``.env`` file.

``SERVICE__PORT`` is the field ``port`` of the section ``service``. The environment wins over the file. A name
that is not known (in the file, or under one of our sections in the environment) and a value of the wrong form
end the start with a message that says which setting, what was found and what was expected.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from pingpong import __version__, env_file
from pingpong.env_file import MalformedLineError

Port = Annotated[int, Field(ge=0, le=65535)]  # 0 takes a free port: tests use it
Seconds = Annotated[float, Field(gt=0, le=3600)]
DelaySeconds = Annotated[float, Field(ge=0, le=3600)]


class InvalidSettingsError(Exception):
    """The service cannot start with what it was given; the message is for the person who set it."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Service(_Section):
    """Where the service listens."""

    host: str = "0.0.0.0"  # noqa: S104  # a pod's own network namespace; NetworkPolicy and mTLS guard it
    port: Port = 8080
    metrics_port: Port = 9080


class Limits(_Section):
    """What one client, and all of them together, may take. Sizes in bytes, times in seconds."""

    max_connections: Annotated[int, Field(ge=1, le=65536)] = 2048
    max_head_bytes: Annotated[int, Field(ge=256, le=1048576)] = 16384
    max_headers: Annotated[int, Field(ge=1, le=1000)] = 64
    max_body_bytes: Annotated[int, Field(ge=0, le=1048576)] = 16384
    max_requests_per_connection: Annotated[int, Field(ge=1)] = 100_000
    head_seconds: Seconds = 10
    body_seconds: Seconds = 10
    idle_seconds: Seconds = 75
    write_seconds: Seconds = 20
    linger_seconds: Seconds = 2


class Peer(_Section):
    """How the peer that ``TARGET`` names is pinged."""

    interval_seconds: Seconds = 5
    timeout_seconds: Seconds = 2
    ca_file: Path | None = None


class Tls(_Section):
    """TLS at the application: off until both files are named."""

    port: Port = 8443
    cert_file: Path | None = None
    key_file: Path | None = None
    poll_seconds: Seconds = 5

    @model_validator(mode="after")
    def _both_or_none(self) -> Tls:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("TLS__CERT_FILE and TLS__KEY_FILE go together: set both or none")
        return self


class Drain(_Section):
    """The way out: readiness fails, after ``delay`` the listeners close, after ``timeout`` what is left is cut."""

    delay_seconds: DelaySeconds = 5
    timeout_seconds: Seconds = 20


class Log(_Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
    requests: bool = False  # one line a request: costs more than the request


class Faults(_Section):
    """Whether the metrics port takes faults at ``/-/faults``."""

    enabled: bool = False


class Build(_Section):
    version: str = __version__
    revision: str = "unknown"


class Place(_Section):
    """Where this instance runs, for ``/version``, logs and metrics."""

    region: str = "unknown"
    cluster: str = "unknown"
    namespace: str = "unknown"
    pod: str = "unknown"


def _http_url(value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname or "@" in value or url.fragment:
        raise ValueError("expected an URL like http://host:8080/ping, without user and fragment")
    if not value.isascii() or any(c <= " " or c == "\x7f" for c in value):
        raise ValueError("expected an URL of printable ASCII characters")
    if url.port == 0:  # what is no port number at all raises ValueError
        raise ValueError("expected a port from 1 to 65535")
    return value


class _EnvFile(DotEnvSettingsSource):
    """The file as ``env_file`` reads it."""

    def _read_env_file(self, file_path: Path) -> dict[str, str | None]:
        values = env_file.read(file_path).items()
        # as pydantic-settings does it with the library's own values
        return {name.lower(): value for name, value in values if value or not self.env_ignore_empty}


class Settings(BaseSettings):
    """All settings; immutable."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=False
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file, which is read in our dialect."""
        given = dotenv_settings.env_file if isinstance(dotenv_settings, DotEnvSettingsSource) else None
        return init_settings, env_settings, _EnvFile(settings_cls, env_file=given)

    target: Annotated[str, AfterValidator(_http_url)] | None = None
    service: Service = Service()
    limits: Limits = Limits()
    peer: Peer = Peer()
    tls: Tls = Tls()
    drain: Drain = Drain()
    log: Log = Log()
    faults: Faults = Faults()
    build: Build = Build()
    place: Place = Place()


def load(path: Path | None = Path(".env")) -> Settings:
    """Settings from the environment over the file (which need not exist) over the defaults.

    Raises ``InvalidSettingsError`` with one line for each setting that is wrong.
    """
    try:
        # mypy does not see the arguments that pydantic-settings adds to every settings class
        return Settings(_env_file=path)  # type: ignore[call-arg]
    except ValidationError as error:
        raise InvalidSettingsError("\n".join(_explain(e) for e in error.errors())) from None
    except SettingsError as error:  # a section's name with a value that is no JSON, and may be a secret
        sections = re.findall(r'field "(\w+)"', str(error))
        explained = "\n".join(f"{name.upper()}: found no JSON; {_expected_in(name)}" for name in sections)
        raise InvalidSettingsError(explained or str(error)) from None
    except MalformedLineError as error:
        raise InvalidSettingsError(str(error)) from None
    except (UnicodeDecodeError, OSError) as error:
        raise InvalidSettingsError(f"settings could not be read from {path}: {error}") from None


def _explain(error: Any) -> str:
    location = error["loc"]
    name = "__".join(str(part).upper() for part in location)
    if error["type"] == "extra_forbidden":
        return f"{name}: unknown setting; known ones are {', '.join(_known(location[:-1]))}"
    expected = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "model_type":
        expected = _expected_in(location[0])
    found = error["input"]
    if isinstance(found, str):
        found = re.sub(r".*@", "…@", found, flags=re.DOTALL)  # what stands there in an URL may be a password
    return f"{name}: {expected}" if isinstance(found, dict) else f"{name}: found {found!r}; {expected}"


def _expected_in(section: str) -> str:
    return f"expected {', '.join(_known((section,)))}, or an object of JSON"


def _known(section: tuple[Any, ...]) -> list[str]:
    if not section:
        return [
            name.upper() + ("__…" if isinstance(field.default, _Section) else "")
            for name, field in Settings.model_fields.items()
        ]
    field = Settings.model_fields[str(section[0])]
    return [f"{section[0].upper()}__{name.upper()}" for name in type(field.default).model_fields]
