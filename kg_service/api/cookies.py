"""The cookie of a browser's session."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from ..editorial.accounts.sessions import LIFETIME

_NAME = "skin-r1-session"
# A browser takes this prefix only over https, for this host alone: no neighbour under the same domain can set it.
_SECURE_NAME = "__Host-" + _NAME
NAMES = (_NAME, _SECURE_NAME)


def is_https(connection: HTTPConnection) -> bool:
    """Whether browsers reach us by https: as the settings say, or as the request came."""
    public = connection.app.state.settings.public_url
    return (urlsplit(public).scheme if public else connection.url.scheme) == "https"


def session_cookie(connection: HTTPConnection) -> str:
    """What the browser's session cookie holds, empty without one."""
    return connection.cookies.get(_name(connection), "")


def set_session(answer: Response, connection: HTTPConnection, secret: str) -> None:
    """Sign the browser in that gets this answer."""
    _set(answer, connection, secret, int(LIFETIME.total_seconds()))


def clear_session(answer: Response, connection: HTTPConnection) -> None:
    """Make the browser that gets this answer forget its session."""
    _set(answer, connection, "", 0)


def _set(answer: Response, connection: HTTPConnection, value: str, seconds: int) -> None:
    answer.set_cookie(
        _name(connection),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(connection),
        httponly=True,
        samesite="strict",
    )


def _name(connection: HTTPConnection) -> str:
    return _SECURE_NAME if is_https(connection) else _NAME
