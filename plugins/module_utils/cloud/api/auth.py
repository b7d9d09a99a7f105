# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Access tokens from every kind of Google credential; google-auth is imported only for those that need it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.bearer import valid_token
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Tokens:
    """Hands out one token until it is refused; threads share it."""

    def __init__(self, fetch: Callable[[], str]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._token: str | None = None

    def get(self) -> str:
        """The token, fetched when there is none yet."""
        with self._lock:
            if self._token is None:
                self._token = _sendable(self._fetch())
            return self._token

    def refused(self, token: str) -> None:
        """Forget a token that a server refused; another thread may have replaced it already."""
        with self._lock:
            if self._token == token:
                self._token = None


def _sendable(token: str) -> str:
    """The token without blanks around it; PlatformError, without the token, for what no header can carry."""
    text = valid_token(token)
    if text is None:
        found = "text that is no token" if token.strip() else "an empty text"
        raise PlatformError(f"auth: found {found}, expected a token")
    return text


def tokens(auth: dict[str, Any]) -> Tokens:
    """Tokens for the ``auth`` option: ``kind`` and what belongs to it."""
    kind = auth.get("kind") or "application_default"
    fetchers: dict[str, Callable[[dict[str, Any]], str]] = {
        "access_token": _access_token,
        "application_default": _default,
        "service_account": _file,
        "workload_identity": _file,
        "impersonation": _impersonation,
    }
    if kind not in fetchers:
        raise OptionError(f"auth.kind is {kind!r}, expected one of {', '.join(sorted(fetchers))}")
    return Tokens(lambda: fetchers[kind](auth))


def _access_token(auth: dict[str, Any]) -> str:
    if auth.get("token"):
        return str(auth["token"])
    if auth.get("token_file"):
        path = Path(str(auth["token_file"])).expanduser()
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise PlatformError(f"auth.token_file: {path} cannot be read: {error.strerror}") from None
        except ValueError:
            raise PlatformError(f"auth.token_file: {path} is no text, expected a token") from None
    token = os.environ.get("GCP_ACCESS_TOKEN")
    if token:
        return token
    raise OptionError("auth: for kind access_token give token, token_file or the environment's GCP_ACCESS_TOKEN")


def _default(auth: dict[str, Any]) -> str:
    return _refreshed(auth, lambda google: google.default(scopes=_scopes(auth))[0])


def _file(auth: dict[str, Any]) -> str:
    path = auth.get("credentials_file") or os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if not path:
        raise OptionError(f"auth: for kind {auth['kind']} give credentials_file")
    return _refreshed(auth, lambda google: _load(google, path, scopes=_scopes(auth)))


def _load(google: Any, path: str, **options: Any) -> Any:
    try:
        return google.load_credentials_from_file(path, **options)[0]
    except (AttributeError, KeyError, TypeError):
        raise ValueError(f"{path} is no credential: expected a JSON object with a type, as Google issues it") from None


def _impersonation(auth: dict[str, Any]) -> str:
    target = auth.get("service_account")
    if not target:
        raise OptionError("auth: for kind impersonation give service_account, the email to act as")

    def build(google: Any) -> Any:
        from google.auth import impersonated_credentials

        path = auth.get("credentials_file")
        source = _load(google, path) if path else google.default(scopes=_scopes(auth))[0]
        return impersonated_credentials.Credentials(source, target_principal=target, target_scopes=_scopes(auth))

    return _refreshed(auth, build)


def _scopes(auth: dict[str, Any]) -> list[str]:
    return list(auth.get("scopes") or [SCOPE])


def _refreshed(auth: dict[str, Any], build: Callable[[Any], Any]) -> str:
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
    except ImportError as error:
        raise PlatformError(
            "the Python libraries google-auth and requests are missing: pip install google-auth requests"
        ) from error
    if os.environ.get("GCE_METADATA_HOST"):
        # google-auth asks the one for tokens, but the other whether there is a metadata server at all.
        os.environ.setdefault("GCE_METADATA_IP", os.environ["GCE_METADATA_HOST"])
    try:
        credentials = build(google.auth)
        credentials.refresh(Request())
    except (GoogleAuthError, OSError, ValueError) as error:
        text = error if isinstance(error, OSError) else ": ".join(str(part) for part in error.args)
        source = " from credentials_file" if auth.get("credentials_file") else ""
        raise PlatformError(f"auth: no access token{source}: {text}") from None
    return str(credentials.token)
