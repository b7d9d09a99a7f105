"""Which handler answers a request: exact paths, a closed set of methods a path."""

from __future__ import annotations

from collections.abc import Mapping

from pingpong.http.framing import HOST
from pingpong.http.messages import Handler, Reply, Request, error_reply

_NOT_FOUND = error_reply(404)


class Route:
    """A path's handlers by method. ``name`` is the label that metrics use."""

    __slots__ = ("_not_allowed", "methods", "name")

    def __init__(self, name: str, methods: Mapping[bytes, Handler]) -> None:
        self.name = name
        self.methods = dict(methods)
        if b"GET" in self.methods:
            self.methods.setdefault(b"HEAD", self.methods[b"GET"])
        self._not_allowed = error_reply(405, headers={b"allow": b", ".join(sorted(self.methods))})

    def not_allowed(self, _request: Request) -> Reply:
        return self._not_allowed


class _Unmatched(Route):
    def not_allowed(self, _request: Request) -> Reply:
        return _NOT_FOUND


class Router:
    """Routes by exact path; GET answers HEAD too."""

    def __init__(self, routes: Mapping[str, Mapping[bytes, Handler]]) -> None:
        self._routes = {path.encode(): Route(path, methods) for path, methods in routes.items()}
        self._unmatched = _Unmatched("unmatched", {})

    def find(self, request: Request) -> tuple[Route, Handler]:
        """The route and its handler; sets the request's query. Unknown paths and methods have handlers too."""
        route = self._routes.get(request.target) or self._resolve(request)
        return route, route.methods.get(request.method) or route.not_allowed

    def _resolve(self, request: Request) -> Route:
        path, _unused, query = request.target.partition(b"?")
        request.query = query
        if not path.startswith(b"/"):
            # absolute form, as a client sends it to a proxy: scheme://authority/path
            scheme, _unused, rest = path.partition(b"://")
            authority, _unused, rest = rest.partition(b"/")
            if scheme.lower() not in (b"http", b"https") or not HOST.fullmatch(authority):
                return self._unmatched
            path = b"/" + rest
        return self._routes.get(path, self._unmatched)
