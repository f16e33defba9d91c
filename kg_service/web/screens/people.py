"""S12: who may sign in, for administrators."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from ...editorial.accounts.invitations import invite_again, link
from ...editorial.accounts.management import change_account, create_account, list_accounts, one_account
from ...editorial.actor import ROLES
from ...wire.accounts import AccountChange, NewAccount
from ..forms import FormNow, field, understood
from ..page import go, is_htmx, pages, render
from ..scene import AdminScene, Scene
from ..signing import unkept
from ..standing import ROLE_WORDS, Person

router = pages()

_NAMES = "a name has letters without accents, digits and . _ @ + -, at most 64"
_log = logging.getLogger("kg_service.accounts")


@dataclass(frozen=True)
class Link:
    """A one-time link, which is shown once."""

    name: str
    url: str
    expires: str


@router.get("/people")
def people(scene: AdminScene) -> Response:
    """Everybody with an account, and a form to invite somebody."""
    return _list(scene)


@router.post("/people")
def invite(scene: AdminScene, form: FormNow) -> Response:
    """Make an account, and show the link with which its owner sets a password."""
    assert scene.actor is not None
    given = {"role": field(form, "role"), "trusted": bool(field(form, "trusted"))}
    asked = understood(NewAccount, _NAMES, name=field(form, "name"), **given)
    row, code, expires = create_account(scene.database, asked.name, asked.role, trusted=asked.trusted, now=scene.now)
    _log.info("%s made the account %s, %s", scene.actor.name, row.name, row.role)
    return _list(scene, _link(scene, row.name, code, expires))


@router.get("/people/{name}")
def person(scene: AdminScene, name: str) -> Response:
    """One account, and what an administrator can do with it."""
    return _one(scene, name)


@router.post("/people/{name}")
def change(scene: AdminScene, name: str, form: FormNow) -> Response:
    """Change role and trust. Reviewers and administrators are trusted by their role, so their form does not ask."""
    asks = "asks_trust" in form
    asked = understood(
        AccountChange, role=field(form, "role") or None, trusted=bool(field(form, "trusted")) if asks else None
    )
    return _changed(scene, name, asked, f"Saved. What {name} may do has changed at once.")


@router.post("/people/{name}/disable")
def disable(scene: AdminScene, name: str) -> Response:
    """End an account's sessions and tokens, and refuse it from now on. What it did stays."""
    return _changed(scene, name, AccountChange(disabled=True), f"{name} cannot sign in any more.")


@router.post("/people/{name}/enable")
def enable(scene: AdminScene, name: str) -> Response:
    """Let a disabled account sign in again."""
    return _changed(scene, name, AccountChange(disabled=False), f"{name} can sign in again.")


@router.post("/people/{name}/identity")
def identity(scene: AdminScene, name: str, form: FormNow) -> Response:
    """Link an account with who the organisation's sign-on says somebody is; empty ends the link."""
    asked = understood(AccountChange, subject=field(form, "subject"))
    return _changed(scene, name, asked, f"Saved how {name} signs in by single sign-on.")


@router.post("/people/{name}/link")
def new_link(scene: AdminScene, name: str) -> Response:
    """A link for somebody who has forgotten the password. Links given before end."""
    assert scene.actor is not None
    code, expires = invite_again(scene.database, name, now=scene.now)
    _log.info("%s made a link for the account %s", scene.actor.name, name)
    given = _link(scene, name, code, expires)
    if is_htmx(scene.request):
        return unkept(render(scene, "_link.html", given=given))
    return _one(scene, name, given)


def _changed(scene: Scene, name: str, asked: AccountChange, said: str) -> Response:
    assert scene.actor is not None
    row = change_account(scene.database, name, now=scene.now, **asked.model_dump())
    _log.info("%s changed the account %s: %s, disabled %s", scene.actor.name, name, row.role, row.disabled)
    return go(scene.request, f"/people/{quote(name, safe='')}", said)


def _list(scene: Scene, given: Link | None = None) -> Response:
    rows = [Person(row) for row in list_accounts(scene.database)]
    template = "_people.html" if given and is_htmx(scene.request) else "people.html"
    return unkept(render(scene, template, people=rows, given=given, roles=ROLES, role_words=ROLE_WORDS))


def _one(scene: Scene, name: str, given: Link | None = None) -> Response:
    found = Person(one_account(scene.database, name))
    single_sign_on = scene.request.app.state.provider is not None
    more = {"roles": ROLES, "role_words": ROLE_WORDS, "single_sign_on": single_sign_on}
    return unkept(render(scene, "person.html", person=found, given=given, **more))


def _link(scene: Scene, name: str, code: str, expires: str) -> Link:
    base = scene.request.app.state.settings.public_url.rstrip("/") or str(scene.request.base_url).rstrip("/")
    return Link(name, base + link(code), expires)
