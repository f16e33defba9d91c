"""Which page is whose. The table is written by hand: what the code says must not be the only witness."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from kg_service.api.app import create_api
from kg_service.editorial.accounts import repository
from kg_service.editorial.accounts.management import create_account
from kg_service.editorial.accounts.sessions import begin_session
from kg_service.editorial.actor import ROLES, Role
from kg_service.editorial.database import Database
from kg_service.service import create_app
from kg_service.settings import Settings

from ..live import serving

# Open always, open unless the service wants its readers to sign in, or from this role on.
OPEN, READS = "open", "reads"
_PAGES = {
    OPEN: """
        GET /static/{name:path}
        GET /sign-in
        POST /sign-in
        GET /first
        POST /first
        """,
    READS: """
        GET /
        GET /tree
        GET /n/{id}
        GET /search
        GET /search/go
        GET /search/pick
        GET /compare
        GET /compare/{a}/{b}
        GET /compare/{a}/{b}/trajectories
        GET /cases/{source}/{case:path}
        GET /features
        GET /f/{id}
        GET /reward
        POST /reward
        GET /releases
        GET /releases/{name}
        GET /import
        GET /import/download
        GET /help
        GET /docs
        """,
    "reader": """
        POST /sign-out
        GET /account
        POST /account/password
        POST /account/tokens
        POST /account/tokens/{id}/revoke
        GET /review
        GET /proposals/{number}
        GET /proposals/{number}/mark
        GET /proposals/{number}/outcome
        GET /history
        GET /changes/{seq}
        GET /changes/{seq}/back
        GET /releases/draft
        GET /inbox
        GET /checks
        GET /checks/{name}
        """,
    "editor": """
        GET /new
        POST /new
        POST /new/preview
        GET /n/{id}/edit
        POST /n/{id}/edit
        POST /n/{id}/edit/preview
        GET /n/{id}/{how}
        POST /n/{id}/{how}
        POST /n/{id}/{how}/preview
        GET /edit/part
        GET /edit/feature
        POST /edit/chosen
        GET /ddx/{a}/{b}/edit
        POST /ddx/{a}/{b}/edit
        POST /ddx/{a}/{b}/preview
        POST /ddx/{a}/{b}/remove
        GET /ddx/{a}/{b}/row
        GET /f/new
        POST /f/new
        GET /f/{id}/edit
        POST /f/{id}/edit
        POST /f/{id}/remove
        POST /proposals/{number}/comments
        POST /proposals/{number}/withdraw
        POST /changes/{seq}/revert
        GET /inbox/label
        POST /inbox/decide
        POST /inbox/preview
        POST /inbox/undo
        POST /import
        """,
    "reviewer": """
        POST /proposals/{number}/review
        POST /releases
        """,
    "admin": """
        GET /people
        POST /people
        GET /people/{name}
        POST /people/{name}
        POST /people/{name}/disable
        POST /people/{name}/enable
        POST /people/{name}/identity
        POST /people/{name}/link
        """,
}
PAGES = {line.strip(): whose for whose, lines in _PAGES.items() for line in lines.strip().split("\n")}
FOR_SOMEBODY = {page: whose for page, whose in PAGES.items() if whose in ROLES}
FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
OURS = {"Sec-Fetch-Site": "same-origin"}
HTMX = {**OURS, "HX-Request": "true"}
_COOKIE = "skin-r1-session"
# Things that the mini ontology has, or might have.
_THERE = {"id": "melanoma", "a": "melanoma", "b": "blue-nevus", "name": "1", "number": "1", "seq": "1", "how": "move"}


@dataclass(frozen=True)
class Door:
    """A running service, and people who come to it."""

    http: httpx.Client
    database: Database

    def ask(self, page: str, role: Role | None, headers: dict[str, str]) -> httpx.Response:
        """What a page answers to somebody with this role, who sends an empty form. Each comes in a new session."""
        method, _, path = page.partition(" ")
        path = re.sub(r"\{(\w+)[^}]*\}", lambda match: _THERE.get(match[1], "none"), path)
        cookies = {_COOKIE: self.session(role)} if role else {}
        sent = {**headers, "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        return self.http.request(method, path, headers=sent, data={} if method == "POST" else None)

    def session(self, role: Role) -> str:
        with self.database.writing() as session:
            account = repository.account(session, f"some-{role}")
            assert account is not None
            assert account.id is not None
            return begin_session(session, account.id, now=datetime.now(UTC))


def _door(data: Path, anonymous_reads: bool) -> Iterator[Door]:
    with serving(data, anonymous_reads=anonymous_reads) as url, httpx.Client(base_url=url) as http:
        database = Database(Settings(data=data).url)
        for role in ROLES:
            create_account(database, f"some-{role}", role, trusted=False, now=datetime.now(UTC))
        yield Door(http, database)
        database.close()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    yield from _door(tmp_path_factory.mktemp("pages"), anonymous_reads=True)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Where readers sign in."""
    yield from _door(tmp_path_factory.mktemp("closed"), anonymous_reads=False)


def leads_to_sign_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def test_the_table_names_every_page_and_no_other():
    desk, api = (
        {f"{method} {route.path}" for route in iter_route_contexts(app.routes) for method in route.methods or ()}
        for app in (create_app(Settings()), create_api(Settings()))
    )
    found = {page.replace("_}", "}") for page in desk - api if not page.startswith("HEAD ")}
    assert sorted(found - PAGES.keys()) == [], "say in the table above who may use these"
    assert sorted(PAGES.keys() - found) == [], "these are no pages any more"


def test_every_page_that_writes_is_for_somebody():
    """Signing in apart; and what a reply earns is asked with a form because it is long."""
    assert {page for page in PAGES.keys() - FOR_SOMEBODY.keys() if page.startswith("POST")} == {
        "POST /sign-in", "POST /first", "POST /reward",
    }  # fmt: skip


def test_who_has_not_signed_in_is_led_to_sign_in(door: Door):
    for page in FOR_SOMEBODY:
        answer = door.ask(page, None, OURS)
        assert leads_to_sign_in(answer), page
        if page.startswith("GET"):
            path = page.partition(" ")[2].partition("{")[0].rstrip("/")
            assert path.replace("/", "%2F") in answer.headers["location"], "one comes back after signing in"


def test_a_form_of_who_is_no_longer_signed_in_stays_with_what_was_typed(door: Door):
    for page in FOR_SOMEBODY:
        if page.startswith("POST"):
            answer = door.ask(page, None, HTMX)
            assert (answer.status_code, answer.headers.get("hx-retarget")) == (401, "#said"), page
            assert 'role="alert"' in answer.text, page


def test_what_is_open_is_open(door: Door):
    for page in sorted(PAGES.keys() - FOR_SOMEBODY.keys()):
        answer = door.ask(page, None, OURS)
        if page not in ("POST /sign-in", "POST /first"):
            assert answer.status_code not in (401, 403), page
            assert not leads_to_sign_in(answer), page
        assert answer.status_code < 500, (page, answer.text)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_table_says_and_nothing_more(door: Door, role: Role):
    for page, whose in FOR_SOMEBODY.items():
        answer = door.ask(page, role, OURS)
        assert "text/html" in answer.headers.get("content-type", "text/html"), (role, page)
        if ROLES.index(role) < ROLES.index(whose):  # type: ignore[arg-type]
            assert answer.status_code == 403, (role, page)
            assert "You may not do this" in answer.text, (role, page)
        else:
            assert answer.status_code not in (401, 403), (role, page, answer.text)
            assert answer.status_code < 500, (role, page, answer.text)
            assert not leads_to_sign_in(answer), (role, page)


def test_where_readers_sign_in_every_other_page_leads_there(closed: Door):
    for page, whose in PAGES.items():
        if whose != OPEN:
            assert leads_to_sign_in(closed.ask(page, None, OURS)), page


def test_where_readers_sign_in_the_way_in_says_nothing_of_the_knowledge(closed: Door):
    for page in ("GET /sign-in", "GET /first", "GET /nowhere"):
        answer = closed.ask(page, None, {**OURS, "Accept": "text/html"})
        assert "melanoma" not in answer.text.lower(), page
        assert answer.status_code in (200, 404, 410), page


def test_a_form_of_another_site_is_refused_on_every_page_that_writes(door: Door):
    """Check 20."""
    for page in PAGES:
        if page.startswith("POST"):
            answer = door.ask(page, "admin", FOREIGN)
            assert (answer.status_code, answer.json()["code"]) == (403, "cross-site"), page
            assert door.ask(page, "admin", {}).json()["code"] == "cross-site", "a browser says where a form comes from"


@pytest.mark.parametrize("page", ["POST /sign-in", "POST /first"])
def test_another_site_cannot_sign_a_browser_in(door: Door, page: str):
    """Check 20."""
    assert door.ask(page, None, FOREIGN).json()["code"] == "cross-site"
