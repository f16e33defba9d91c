from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from .conftest import ADMIN_PASSWORD, Service, expect


def cookie(answer: httpx.Response) -> str:
    [value] = answer.headers.get_list("set-cookie")
    return value


def test_signing_in_sets_a_cookie_that_no_script_and_no_other_site_can_use(service: Service):
    with service.browser() as browser:
        answer = browser.post("/session", json={"name": "ada", "password": ADMIN_PASSWORD})
        given = cookie(answer)
        assert given.startswith("skin-r1-session=")
        assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(given.split("; "))
        assert "Secure" not in given
        assert answer.headers["cache-control"] == "no-store"
        who = {"name": "ada", "role": "admin", "trusted": True, "by": "session"}
        assert answer.json() == browser.get("/session").json()
        assert answer.json() == {**who, "scopes": ["read", "report", "propose", "review", "admin"]}


def test_signing_out_ends_the_session_on_the_server_too(service: Service):
    with closing(service.signed_in()) as browser:
        kept = dict(browser.cookies)
        answer = browser.delete("/session")
        assert answer.status_code == 204
        assert "Max-Age=0" in cookie(answer)
        assert not browser.cookies
        expect(
            browser.get("/session", headers={"Cookie": f"skin-r1-session={kept['skin-r1-session']}"}),
            401,
            "unauthenticated",
        )


def test_nobody_is_nobody(service: Service):
    answer = httpx.get(f"{service.url}/v1/session")
    expect(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "Basic YTpi", "", "bearer \xff\xfe", "Bearer " + "x" * 5000]
)
def test_a_credential_that_is_none_is_a_401(service: Service, header: str):
    answer = httpx.get(f"{service.url}/v1/session", headers={"Authorization": header.encode("latin-1")})  # type: ignore[dict-item]
    expect(answer, 401, "unauthenticated")


def test_a_cookie_is_ignored_beside_an_authorization_header(service: Service, admin: httpx.Client):
    expect(admin.get("/session", headers={"Authorization": "Bearer wrong"}), 401, "unauthenticated")


def test_a_wrong_password_says_the_same_as_an_unknown_name(service: Service):
    with service.browser() as browser:
        wrong = browser.post("/session", json={"name": "ada", "password": "not this one"})
        unknown = browser.post("/session", json={"name": "nobody-here", "password": "not this one"})
    assert wrong.json() == unknown.json()
    expect(wrong, 401, "unauthenticated")
    assert "set-cookie" not in wrong.headers


def test_guessing_is_slowed_down_and_says_when_to_come_back(service: Service, admin: httpx.Client):
    service.person(admin, "gus", "reader").close()
    with service.browser() as browser:
        for _ in range(5):
            expect(browser.post("/session", json={"name": "gus", "password": "a guess"}), 401, "unauthenticated")
        refused = browser.post("/session", json={"name": "gus", "password": "the password of gus"})
    expect(refused, 429, "too-many-attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 31


def test_a_changed_password_works_and_ends_the_other_browsers(service: Service, admin: httpx.Client):
    with (
        closing(service.person(admin, "pia", "editor")) as here,
        closing(service.signed_in("pia", "the password of pia")) as there,
    ):
        expect(here.put("/session/password", json={"old": "wrong one here", "new": "x" * 12}), 403, "forbidden")
        old = {"old": "the password of pia"}
        expect(here.put("/session/password", json={**old, "new": "short"}), 422, "password-refused")
        assert here.put("/session/password", json={**old, "new": "a new sentence"}).status_code == 204
        assert here.get("/session").status_code == 200
        assert there.get("/session").status_code == 401
    service.signed_in("pia", "a new sentence").close()


def test_a_token_cannot_change_a_password(service: Service, admin: httpx.Client):
    token = admin.post("/accounts/ada/tokens", json={"purpose": "test"}).json()["secret"]
    with service.with_token(token) as job:
        new = {"old": ADMIN_PASSWORD, "new": "something else"}
        expect(job.put("/session/password", json=new), 403, "forbidden")
        assert job.delete("/session").status_code == 204
        assert job.get("/session").json()["by"] == "token"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"name": "ada"}',
        b'{"name": 1, "password": 2}',
        b'{"name":"a","password":"\\ud800"}',
        b"\xff",
    ],
)
def test_a_sign_in_that_is_not_one_is_a_422(service: Service, body: bytes):
    expect(httpx.post(f"{service.url}/v1/session", content=body), 422, "request-invalid")


def test_a_page_of_a_link_keeps_what_was_typed_and_ends_with_the_link(service: Service, admin: httpx.Client):
    made = admin.post("/accounts", json={"name": "noor", "role": "reader"}).json()
    with service.browser() as browser:
        page = browser.get(service.url + made["invitation"]["link"])
        assert "Welcome, noor" in page.text
        assert page.headers["cache-control"] == "no-store"
        code = made["invitation"]["link"].partition("code=")[2]
        short = browser.post(f"{service.url}/first", data={"code": code, "password": "short"})
        assert short.status_code == 422
        assert "at least 10 characters" in short.text
    service.follow(made["invitation"]["link"], "long enough now").close()
    over = httpx.get(service.url + made["invitation"]["link"])
    assert (over.status_code, "This link has ended" in over.text) == (410, True)


@pytest.mark.parametrize("body", [b"", b"code=x", b"\xff=\xff", b"&".join([b"a=b"] * 100), b"x" * 20_000, b"%zz=%"])
def test_a_form_that_is_none_is_answered_with_a_page(service: Service, body: bytes):
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx.post(f"{service.url}/first", content=body, headers=sent)
    assert answer.status_code in (410, 413, 422)
    assert answer.headers["content-type"].startswith("text/html")
