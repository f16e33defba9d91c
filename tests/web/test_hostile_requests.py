"""What strangers, careless people and bad lines send to pages: every answer is one that a person can read."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest
from starlette.testclient import TestClient

from kg_service.editorial.accounts.invitations import accept_invitation
from kg_service.editorial.accounts.management import create_account
from kg_service.editorial.actor import Role
from kg_service.editorial.database import Database
from kg_service.editorial.inbox import datasets
from kg_service.editorial.models import Proposal
from kg_service.service import create_app
from kg_service.settings import Settings

from ..live import MINI
from .test_browsing import RETIRED
from .test_roles import PAGES

PASSWORD = "a sentence is easy to remember"
OURS = {"Sec-Fetch-Site": "same-origin"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Each try of these waits longer than the one before.
_BRAKED = ("POST /sign-in", "POST /account/password", "POST /sign-out")
_THERE = {"id": "melanoma", "a": "melanoma", "b": "blue-nevus", "name": "1", "number": "1", "seq": "2", "source": "x"}
# Ids of nothing, of other kinds, of what is retired; and what no text may hold.
HOSTILE = (
    "none", " ", "\x00", "\ud800", "é€𝒳", "melanoma--blue-nevus", "irregular-border", "old-melanoma", "nothing", "-1",
    "9" * 5_000, "a" * 3_000, "../../etc/passwd", "//evil.example", "\r\nSet-Cookie: a=b", "<script>", "'\"{{7*7}}",
    "٣", "²", "draft", "proposal-9", "[]", "melanoma",
)  # fmt: skip
QUERY = (
    "release", "q", "page", "under", "whole", "at", "start", "branch", "a", "b", "add", "feature", "polarity", "as",
    "dataset", "label", "decision", "concept", "closed", "state", "after", "tab", "outcome", "back", "since", "until",
    "person", "before", "next", "code", "kind", "n", "reply", "gold", "spec", "options", "format", "against", "name",
)  # fmt: skip
FIELDS = (
    "base", "message", "was", "label", "alt", "definition", "condition", "feature", "polarity", "parent", "exact",
    "source", "into", "instead", "part-label", "part-condition", "child", "child-part", "name", "role", "subject",
    "purpose", "scope", "days", "verdict", "reason", "text", "notes", "dataset", "decision", "concept-1", "sure",
    "number", "kind", "owed", "status", "strength", "apart", "reply", "gold", "spec", "options", "code", "step",
)  # fmt: skip
PART = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--x--\r\n'
BODIES = (
    (b"", "multipart/form-data"),
    (b"x", "multipart/form-data; boundary=x"),
    (PART % (b"message", b"\\ud800"), "multipart/form-data; boundary=x; charset=unicode_escape"),
    (PART % (b'file"; filename="a.xlsx', b"PK"), "multipart/form-data; boundary=x"),
    (PART % (b'message"; filename="\xff\x00.ttl', b"<"), "multipart/form-data; boundary=x"),
    (b"{}", "application/json"),
    (b"message=%ff%00&base=%ed%a0%80&" + b"a=b&" * 6_000, FORM["Content-Type"]),
    (b"message=" + b"x" * (3 << 20), FORM["Content-Type"]),
)


@dataclass(frozen=True)
class Service:
    """A service in this process, and its people."""

    client: TestClient
    sessions: dict[Role, str]

    @property
    def database(self) -> Database:
        return self.client.app.state.database  # type: ignore[attr-defined]

    def ask(self, method: str, path: str, *, role: Role = "admin", headers: dict[str, str] | None = None, **more):
        sent = {**OURS, "Cookie": f"skin-r1-session={self.sessions[role]}", **(headers or {})}
        return self.client.request(method, path, headers=sent, **more)

    def proposals(self) -> int:
        return self.ask("GET", "/v1/proposals").text.count('"number":')


def service_at(folder: Path) -> Iterator[Service]:
    shutil.copytree(MINI, folder / "ontologies")
    (folder / "ontologies" / "retired.ttl").write_text(RETIRED)
    app = create_app(Settings(data=folder / "data", ontologies=folder / "ontologies"))
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        database, now = app.state.database, datetime.now(UTC)
        with database.writing() as session:
            datasets.register(session, "clinic", {"melanoma": 12, "odd": 3}, author="ana", at="2026-01-01T00:00:00Z")
        sessions: dict[Role, str] = {}
        for role in ("editor", "admin"):
            _, code, _ = create_account(database, f"some-{role}", role, trusted=False, now=now)
            sessions[role] = accept_invitation(database, code, f"some-{role}", PASSWORD, now=now)
        yield Service(client, sessions)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    yield from service_at(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    yield from service_at(tmp_path)


def escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def written(fields: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={escaped(value)}" for name, value in fields)


def readable(answer: httpx.Response, told: object) -> None:
    assert answer.status_code < 500, (told, answer.text[:300])
    assert "evil.example" not in answer.headers.get("location", "").partition("?")[0], told
    assert answer.headers.get("set-cookie", "").count("a=b") == 0, told


def addresses(page: str) -> Iterator[tuple[str, str]]:
    """The page's address as it may be, and with something hostile in each of its places."""
    method, _, path = page.partition(" ")
    names = re.findall(r"\{(\w+)[^}]*\}", path)

    def filled(over: dict[str, str]) -> str:
        return re.sub(r"\{(\w+)[^}]*\}", lambda m: escaped(over.get(m[1], _THERE.get(m[1], "none"))), path)

    yield method, filled({})
    for name in names:
        for value in HOSTILE:
            yield method, filled({name: value})


def test_no_address_breaks_a_page(service: Service):
    for page in (page for page in PAGES if page not in _BRAKED):
        for method, path in addresses(page):
            form = {"message": "why", "base": "1", "number": "9" * 5_000} if method == "POST" else None
            readable(service.ask(method, path, data=form), (method, path[:120]))


def test_no_query_breaks_a_page(service: Service):
    chance = random.Random(1)
    for page in (page for page in PAGES if page.startswith("GET")):
        path = next(addresses(page))[1]
        for turn in range(12):
            query = written([(chance.choice(QUERY), chance.choice(HOSTILE)) for _ in range(1 + turn % 5)])
            headers = {"HX-Request": "true"} if turn % 2 else {}
            readable(service.ask("GET", f"{path}?{query}"[:60_000], headers=headers), (path, query[:200]))


def test_no_form_breaks_a_page(service: Service):
    chance = random.Random(2)
    for page in (page for page in PAGES if page.startswith("POST") and page not in _BRAKED):
        path = next(addresses(page))[1]
        for turn in range(12):
            said = [("base", "1"), ("message", "why")] if turn % 3 else []
            body = written([*said, *((chance.choice(FIELDS), chance.choice(HOSTILE)) for _ in range(20))])
            headers = {**FORM, **({"HX-Request": "true"} if turn % 2 else {})}
            readable(service.ask("POST", path, content=body, headers=headers), (path, body[:500]))


def test_no_body_breaks_a_page(service: Service):
    for page in (page for page in PAGES if page.startswith("POST") and page not in _BRAKED):
        path = next(addresses(page))[1]
        for body, kind in BODIES:
            readable(service.ask("POST", path, content=body, headers={"Content-Type": kind}), (path, kind, body[:60]))


@pytest.mark.parametrize(
    "after",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/%0d%0aX: y", "/\r\nX: y", "\t//evil.example",
     "/\t/evil.example", "javascript:alert(1)", "/n/Sézary€"],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_signing_in_leads_nowhere_else(service: Service, after: str, headers: dict[str, str]):
    answer = service.ask("GET", "/sign-in?" + urlencode({"next": after}), headers=headers)
    where = answer.headers.get("location") or answer.headers["hx-redirect"]
    assert answer.status_code in (200, 303)
    assert where == "/" or where.startswith(("/n/S%C3%A9zary", "/%0d%0a")), where
    assert "x" not in answer.headers


def move(service: Service, message: str, **more) -> httpx.Response:
    form = {"base": "1", "message": message, "parent": "neoplasm"}
    return service.ask("POST", "/n/blue-nevus/move", role="editor", data=form, **more)


def test_an_authorization_header_of_a_proxy_does_not_make_a_foreign_form_ours(own_service: Service):
    foreign = {"Authorization": "Basic c29tZTpvbmU=", "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert move(own_service, "why", headers=foreign).status_code == 403
    assert own_service.proposals() == 0


def test_a_form_sent_again_does_not_propose_twice(own_service: Service):
    first, again = move(own_service, "why"), move(own_service, "why")
    assert first.headers["location"] == again.headers["location"] == "/proposals/1"
    assert own_service.proposals() == 1
    assert move(own_service, "for another reason").headers["location"] == "/proposals/2"


def test_a_reason_holds_what_the_api_takes_and_nothing_else(own_service: Service):
    for message in ("a\x00b", "x" * 10_001, "a\x1bb"):
        answer = move(own_service, message)
        assert answer.status_code == 422, message[:9]
        assert "at most 10,000 characters of ordinary text" in answer.text
    assert own_service.proposals() == 0


def test_what_is_told_after_a_form_fits_into_a_cookie(own_service: Service):
    label = "𝒳" * 499
    item = {"dataset": "clinic", "label": label, "images": 3, "reason": "unknown"}
    reported = own_service.ask("POST", "/v1/unmapped", json={"job": "training", "items": [item]})
    assert reported.status_code < 300, reported.text
    form = {"dataset": "clinic", "label": label, "decision": "not-a-disease", "sure": "yes"}
    answer = own_service.ask("POST", "/inbox/decide", role="editor", data=form)
    assert answer.status_code == 303, answer.text
    assert len(answer.headers["set-cookie"]) < 4_096


def test_a_proposal_that_an_older_program_wrote_breaks_no_page_but_says_so(own_service: Service):
    with own_service.database.writing() as session:
        session.add(
            Proposal(number=1, author="ana", at="2026-01-01T00:00:00Z", message="old", base=1, expects="{}",
                     light=False, state="in-review", changes='[{"change": "of-yore"}]')
        )  # fmt: skip
    for path in ("/", "/n/melanoma", "/n/melanoma/edit", "/review", "/proposals/1", "/proposals/1/mark"):
        assert own_service.ask("GET", path).status_code == 200, path
    assert "is not written as this program writes" in own_service.ask("GET", "/proposals/1/outcome").text


def test_a_form_about_what_was_merged_meanwhile_is_refused_and_says_where_it_went(own_service: Service):
    desk = own_service.client.app.state.views.desk  # type: ignore[attr-defined]
    assert desk.draft().content.concepts["blue-nevus"]
    merged = own_service.ask(
        "POST", "/n/blue-nevus/merge", role="editor", data={"base": "1", "message": "the same", "into": "melanoma"}
    )
    assert merged.headers["location"] == "/proposals/1"
    waiting = move(own_service, "it lies there")
    assert waiting.headers["location"] == "/proposals/2"
    accepted = own_service.ask("POST", "/proposals/1/review", data={"verdict": "accept"})
    assert accepted.status_code == 303, accepted.text
    for path in ("/", "/review", "/proposals/2", "/proposals/2?outcome=1", "/proposals/2/mark", "/n/melanoma"):
        assert own_service.ask("GET", path).status_code == 200, path
    assert "melanoma" in own_service.ask("GET", "/n/blue-nevus").text
    late = move(own_service, "too late", headers={"HX-Request": "true"})
    assert 'role="alert"' in late.text
    assert own_service.proposals() == 2


def test_a_change_that_an_older_program_proposed_tells_what_it_did(own_service: Service):
    renamed = {"change": "rename", "concept": "blue-nevus", "label": "blue mole"}
    own_service.ask("POST", "/v1/proposals", role="editor", json={"changes": [renamed], "message": "why"})
    assert own_service.ask("POST", "/proposals/1/review", data={"verdict": "accept"}).status_code == 303
    with own_service.database.writing() as session:
        stored = session.get(Proposal, 1)
        assert stored is not None
        stored.changes = '[{"change": "of-yore"}]'
    for path in ("/changes/2", "/history", "/proposals/1", "/review?tab=ready", "/releases/draft"):
        answer = own_service.ask("GET", path)
        assert answer.status_code == 200, (path, answer.text)
    assert "blue mole" in own_service.ask("GET", "/changes/2").text


def test_a_change_of_hundreds_tells_what_stood_before_those_that_are_shown(own_service: Service):
    changes = [
        {"change": "set-labels", "concept": "melanoma", "alt": [f"melanoma number {n}"], "ambiguous": ["MM"]}
        for n in range(501)
    ]
    own_service.ask("POST", "/v1/proposals", role="editor", json={"changes": changes, "message": "many"})
    accepted = own_service.ask("POST", "/proposals/1/review", data={"verdict": "accept"})
    assert accepted.status_code == 303, accepted.text
    page = own_service.ask("GET", "/changes/2").text
    assert "malignant melanoma" in page
    assert "melanoma number 0" in page
    for start in (450, 501, 90_000):
        assert own_service.ask("GET", f"/changes/2?at={start}").status_code == 200
