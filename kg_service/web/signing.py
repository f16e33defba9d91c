"""What pages around signing in share: how secrets are read, and kept out of caches."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response


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
