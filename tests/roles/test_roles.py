"""Every route refuses whom it must: a table over all routes of the app, each asked by every kind of caller."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from kg_service.api.app import create_api
from kg_service.editorial.accounts.management import change_account
from kg_service.editorial.accounts.rights import SCOPES, scopes_of
from kg_service.editorial.accounts.tokens import issue_token, list_tokens, revoke_token
from kg_service.editorial.actor import ROLES, Role
from kg_service.editorial.database import Database
from kg_service.settings import Settings

from ..accounts.conftest import ADMIN_PASSWORD, Service
from ..accounts.conftest import service as service_with_a_person  # noqa: F401 - a fixture
from ..live import serving
from .table import ROUTES, Guard

GUARDED = {route: guard for route, guard in ROUTES.items() if guard.role is not None and not guard.closable}
WRITES = ("POST", "PUT", "PATCH", "DELETE")
# These look at their body before they can know whether it is the caller's own business.
BODIES = {
    "POST /v1/accounts/{name}/tokens": {"purpose": "a job"},
    "PUT /v1/session/password": {"old": "an old sentence", "new": "a new sentence"},
}


@dataclass(frozen=True)
class Door:
    """A running service and a way to make tokens for it."""

    http: httpx.Client
    database: Database

    def token(self, role: Role, **more) -> str:
        given = {"name": f"some-{role}", "now": datetime.now(UTC), **more}
        return issue_token(self.database, role, **given)

    def ask(self, route: str, token: str | None) -> httpx.Response:
        """What a route says to a caller who sends hardly anything."""
        method, _, path = route.partition(" ")
        path = re.sub(r"\{(?:number|seq)\}", "1", path)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        body = BODIES.get(route, {}) if method in WRITES else None
        return self.http.request(method, re.sub(r"\{[^}]*\}", "nothing", path), headers=headers, json=body)


@pytest.fixture(scope="module", params=[True, False], ids=["anonymous reads", "readers sign in"])
def anonymous(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture(scope="module")
def door(anonymous: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    data = tmp_path_factory.mktemp("roles")
    with serving(data, anonymous_reads=anonymous) as url, httpx.Client(base_url=url) as http:
        database = Database(Settings(data=data).url)
        door = Door(http, database)
        door.token("admin", name="keeper")  # the last admin cannot be demoted or disabled, and some below are
        yield door
        database.close()


def refused(answer: httpx.Response, status: int, code: str) -> bool:
    """Whether it is this problem, or how FHIR says the same."""
    body = answer.json()
    said = body["code"] if "problem+json" in answer.headers["content-type"] else body["issue"][0]["diagnostics"]
    return (answer.status_code, said) == (status, code)


def guarded(anonymous: bool) -> dict[str, Guard]:
    """The routes that ask who somebody is."""
    return GUARDED if anonymous else {route: guard for route, guard in ROUTES.items() if guard.role is not None}


def test_the_table_names_every_route_and_no_other():
    app = create_api(Settings())
    found = {
        f"{m} {route.path}" for route in iter_route_contexts(app.routes) for m in route.methods or () if m != "HEAD"
    }
    assert sorted(found - ROUTES.keys()) == [], "say in tests/roles/table.py who may use these"
    assert sorted(ROUTES.keys() - found) == [], "these are no routes any more"


def test_every_write_is_guarded():
    """Signing in, and questions too long for an address, are the only POSTs of an unknown caller."""
    unguarded = {route for route, guard in ROUTES.items() if route.startswith(WRITES) and guard.role is None}
    assert unguarded == {"POST /v1/session"}
    asking = {route.partition(" ")[2] for route, guard in ROUTES.items() if route.startswith("POST") and guard.closable}
    assert all(
        path.startswith(("/fhir/", "/sparql")) or path in ("/v1/meet", "/v1/resolve", "/v1/score") for path in asking
    )


def test_who_has_not_signed_in_is_refused(door: Door, anonymous: bool):
    for route in guarded(anonymous):
        answer = door.ask(route, None)
        assert refused(answer, 401, "unauthenticated"), route
        assert answer.headers["WWW-Authenticate"] == "Bearer", route


def test_what_is_open_is_open(door: Door, anonymous: bool):
    for route in sorted(ROUTES.keys() - guarded(anonymous).keys()):
        assert door.ask(route, None).status_code not in (401, 403), route


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_the_table_says_and_nothing_more(door: Door, anonymous: bool, role: Role):
    token = door.token(role)
    for route, guard in guarded(anonymous).items():
        answer = door.ask(route, token)
        assert guard.role is not None
        if guard.session or ROLES.index(role) < ROLES.index(guard.role):
            assert refused(answer, 403, "forbidden"), (role, route)
        else:
            assert answer.status_code not in (401, 403), (role, route, answer.text)
            assert answer.status_code < 500, (role, route, answer.text)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_is_good_for_its_scope_alone(door: Door, anonymous: bool, scope: str):
    token = door.token("admin", name="whole-admin", scopes=[scope])
    for route, guard in GUARDED.items():
        if guard.session or guard.scope is None:
            continue
        status = door.ask(route, token).status_code
        # Routes that also read the knowledge take the scope for that where readers have to sign in.
        if guard.scope == scope and (anonymous or route != "POST /v1/releases"):
            assert status not in (401, 403), (scope, route)
        elif guard.scope != scope:
            assert status == 403, (scope, route)


def test_a_scope_beyond_the_role_opens_nothing(door: Door):
    """A reader who was an admin when the token was made."""
    token = door.token("admin", name="demoted")
    change_account(door.database, "demoted", now=datetime.now(UTC), role="reader")
    for route, guard in GUARDED.items():
        if guard.role != "reader":
            assert door.ask(route, token).status_code == 403, route


def test_a_role_has_every_scope_that_its_routes_take():
    for route, guard in ROUTES.items():
        assert guard.role is None or guard.scope is None or guard.scope in scopes_of(guard.role), route


@pytest.fixture(scope="module")
def useless(door: Door) -> dict[str, str]:
    """Tokens of an admin that are good for nothing, by what is wrong with them."""
    now = datetime.now(UTC)
    given = {"expired": door.token("admin", now=now - timedelta(days=2), lifetime=timedelta(days=1))}
    given["revoked"] = door.token("admin", name="revoked")
    (row,) = list_tokens(door.database, "revoked")
    revoke_token(door.database, "revoked", row.id, now=now)
    given["of a disabled account"] = door.token("admin", name="disabled")
    change_account(door.database, "disabled", now=now, disabled=True)
    good = door.token("admin")
    given["with its last letter changed"] = good[:-1] + ("a" if good[-1] != "a" else "b")
    given["its public id"] = list_tokens(door.database, "some-admin")[0].id
    return {**given, "garbage": "skr_nonsense", "of another kind": "é".encode().hex(), "a quote": "' OR 1=1 --"}


def test_a_useless_token_opens_nothing(door: Door, anonymous: bool, useless: dict[str, str]):
    for what, token in useless.items():
        for route in guarded(anonymous):
            assert refused(door.ask(route, token), 401, "unauthenticated"), (what, route)


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "Token x", "Bearer,x", "Bearer \xff\xfe"])
def test_a_header_that_is_no_bearer_token_opens_nothing(door: Door, header: str):
    for route in GUARDED:
        method, _, path = route.partition(" ")
        sent = {"Authorization": header.encode("latin-1")}
        answer = door.http.request(method, re.sub(r"\{[^}]*\}", "1", path), headers=sent, json={})
        assert refused(answer, 401, "unauthenticated"), (header, route)


def test_a_person_in_a_session_may_what_tokens_may_not(service_with_a_person: Service):  # noqa: F811
    browser = service_with_a_person.signed_in("ada", ADMIN_PASSWORD)
    for route, guard in ROUTES.items():
        if guard.session:
            method, _, path = route.partition(" ")
            assert browser.request(method, path.removeprefix("/v1"), json={}).status_code == 422, route
    browser.close()
