"""What pages around signing in share: where to go on to, and how secrets are read and kept out of caches."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

_TOP = "/"


def own_path(text: str) -> str:
    """An address within the desk to lead on to; the top where the text is none, or is one of another site."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable():
        return _TOP
    try:
        parts = urlsplit(text)
    except ValueError:
        return _TOP
    return _TOP if parts.scheme or parts.netloc or "\\" in text else text


def comes_from_elsewhere(request: Request) -> bool:
    """Whether a link on another site, or in a letter, led here. A browser then keeps the session's cookie to itself,
    so nobody seems signed in."""
    return request.headers.get("sec-fetch-site") == "cross-site"


def secret(form: FormData, name: str) -> str:
    """A password as it was typed: spaces around it belong to it."""
    found = form.get(name)
    return found if isinstance(found, str) else ""


def unkept(answer: Response) -> Response:
    """A page that holds a one-time code or a secret, which no cache may keep."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
