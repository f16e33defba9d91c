"""S12: one's own account: role, look, password, tokens for programs."""

from __future__ import annotations

import logging
from datetime import timedelta

from fastapi import Request
from starlette.responses import Response

from ...api.dependencies import ClockNow, DatabaseNow
from ...api.signing import replace_password
from ...core.errors import Forbidden, PasswordRefused, RequestInvalid
from ...editorial.accounts.management import one_account
from ...editorial.accounts.passwords import MIN_LENGTH
from ...editorial.accounts.tokens import list_tokens, make_token, revoke_token
from ...wire.accounts import NewToken
from ..forms import FormNow, field, fields, understood
from ..page import go, is_htmx, pages, render
from ..scene import ReaderScene, Scene
from ..signing import secret, unkept
from ..standing import ROLE_WORDS, SCOPE_WORDS, offered_scopes, trust_words

router = pages()

_DAYS = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked"))
_log = logging.getLogger("kg_service.accounts")


@router.get("/account")
def account(scene: ReaderScene) -> Response:
    """Who one is here, and what one may do."""
    return _page(scene)


@router.post("/account/password")
async def change_password(
    request: Request, scene: ReaderScene, database: DatabaseNow, now: ClockNow, form: FormNow
) -> Response:
    """Another password. All other browsers of this person are signed out."""
    assert scene.signed is not None
    try:
        await replace_password(request, database, scene.signed, secret(form, "old"), secret(form, "new"), now=now)
    except Forbidden as error:  # they may do this; it is the old password that is wrong
        raise PasswordRefused(str(error)) from error
    return go(request, "/account", "Your password is changed. Your other browsers are signed out.")


@router.post("/account/tokens")
def new_token(scene: ReaderScene, form: FormNow) -> Response:
    """Make a token, and show it this once."""
    assert scene.actor is not None
    asked = _asked(form)
    made, row = make_token(
        scene.database,
        scene.actor.name,
        now=scene.now,
        scopes=asked.scopes,
        purpose=asked.purpose,
        lifetime=timedelta(days=asked.days) if asked.days else None,
    )
    _log.info("%s made the token %s for the account %s", scene.actor.name, row.id, scene.actor.name)
    return _page(scene, made=made)


@router.post("/account/tokens/{id}/revoke")
def end_token(scene: ReaderScene, id: str) -> Response:
    """Revoke a token, at once and everywhere."""
    assert scene.actor is not None
    revoke_token(scene.database, scene.actor.name, id, now=scene.now)
    _log.info("%s revoked the token %s of the account %s", scene.actor.name, id, scene.actor.name)
    return go(scene.request, "/account", "The token is revoked. Programs that use it are refused from now on.")


def _asked(form: FormNow) -> NewToken:
    """
    Raises:
        RequestInvalid: the form asks for a token that cannot be made.
    """
    if not (purpose := field(form, "purpose")):
        raise RequestInvalid("say what the token is for, so that you know it again in this list")
    if not (scopes := fields(form, "scope")):
        raise RequestInvalid("choose at least one thing that the token is good for")
    return understood(NewToken, purpose=purpose, scopes=scopes, days=field(form, "days") or None)


def _page(scene: Scene, made: str = "") -> Response:
    assert scene.actor is not None
    template = "_tokens.html" if made and is_htmx(scene.request) else "account.html"
    answer = render(
        scene,
        template,
        made=made,
        own=one_account(scene.database, scene.actor.name),
        means=ROLE_WORDS[scene.actor.role],
        trust=trust_words(scene.actor),
        tokens=list_tokens(scene.database, scene.actor.name),
        scopes=offered_scopes(scene.actor),
        scope_words=SCOPE_WORDS,
        days=_DAYS,
        least=MIN_LENGTH,
    )
    return unkept(answer)
