"""S12: signing in and out, one-time links."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...api.cookies import clear_session, set_session
from ...api.dependencies import ClockNow, DatabaseNow
from ...api.signing import open_session, own_path, use_link
from ...core.errors import (
    AccountExists,
    InvitationInvalid,
    PasswordRefused,
    RequestInvalid,
    TooManyAttempts,
    Unauthenticated,
)
from ...editorial.accounts.invitations import invited
from ...editorial.accounts.passwords import MIN_LENGTH
from ...editorial.accounts.sessions import sign_out
from ..forms import FormNow, field
from ..page import go, pages, refused, render
from ..scene import AnyScene, ReaderScene, Scene
from ..signing import comes_from_elsewhere, secret, unkept

router = pages()

_Next = Annotated[str, Query(alias="next", max_length=2_000)]
_Code = Annotated[str, Query(max_length=200)]


@router.get("/sign-in")
def sign_in_form(scene: AnyScene, after: _Next = "") -> Response:
    """The form; whoever is signed in already is led on."""
    if scene.signed is not None:
        return go(scene.request, own_path(after))
    if comes_from_elsewhere(scene.request):
        # Once more from our own page: then the browser sends what it knows of a session.
        return unkept(render(scene, "sign_in_again.html", again=_sign_in_url(after)))
    return unkept(render(scene, "sign_in.html", **_typed(scene, after)))


@router.post("/sign-in")
async def sign_in(request: Request, scene: AnyScene, database: DatabaseNow, now: ClockNow, form: FormNow) -> Response:
    """Sign in with name and password, and lead on to where one wanted to go."""
    name, after = field(form, "name"), field(form, "next")
    try:
        kept = await open_session(request, database, name, secret(form, "password"), now=now)
    except (Unauthenticated, TooManyAttempts) as error:
        return unkept(refused(scene, error, "sign_in.html", **_typed(scene, after, name)))
    answer = go(request, own_path(after))
    set_session(answer, request, kept)
    return answer


@router.post("/sign-out")
def leave(scene: ReaderScene) -> Response:
    """End the session of this browser."""
    assert scene.signed is not None
    sign_out(scene.database, scene.signed)
    answer = go(scene.request, "/", "You are signed out.")
    clear_session(answer, scene.request)
    return answer


@router.get("/first")
def first_visit(scene: AnyScene, now: ClockNow, code: _Code = "") -> Response:
    """The page of a one-time link: somebody sets a password, the first admin a name as well."""
    try:
        who = invited(scene.database, code, now=now)
    except InvitationInvalid as error:
        return unkept(render(scene, "first_over.html", 410, error=error))
    return unkept(render(scene, "first.html", code=code, who=who.name, name="", least=MIN_LENGTH))


@router.post("/first")
async def accept_first_visit(
    request: Request, scene: AnyScene, database: DatabaseNow, now: ClockNow, form: FormNow
) -> Response:
    """What that page sends. The link is used up, and the browser signed in."""
    code, name = field(form, "code"), field(form, "name")
    try:
        name, kept = await use_link(request, database, code, name, secret(form, "password"), now=now)
    except InvitationInvalid as error:
        return unkept(refused(scene, error, "first_over.html"))
    except (PasswordRefused, RequestInvalid, AccountExists) as error:
        who = await run_in_threadpool(invited, database, code, now=now)
        again = {"code": code, "who": who.name, "name": name, "least": MIN_LENGTH}
        return unkept(refused(scene, error, "first.html", **again))
    answer = go(request, "/", f"Welcome, {name}. You are signed in.")
    set_session(answer, request, kept)
    return answer


def _typed(scene: Scene, after: str, name: str = "") -> dict[str, Any]:
    state = scene.request.app.state
    return {
        "name": name,
        "after": own_path(after),
        "single_sign_on": state.provider is not None,
        "is_open": state.settings.anonymous_reads,
    }


def _sign_in_url(after: str) -> str:
    return f"/sign-in?next={quote(own_path(after), safe='')}"
