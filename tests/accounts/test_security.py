from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import httpx
import pytest

from kg_service.editorial.accounts.invitations import first_link
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.database import Database
from kg_service.settings import Settings

from ..live import serving
from .conftest import ADMIN_PASSWORD, Service, expect

CHANGE = {"trusted": True}


@pytest.mark.parametrize("path", ["/v1/health", "/v1/concepts/none", "/nowhere", "/first?code=x", "/v1/accounts"])
def test_every_answer_carries_the_security_headers(service: Service, path: str):
    headers = httpx.get(service.url + path).headers
    assert headers["content-security-policy"] == (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


def test_the_documentation_alone_takes_images_from_its_style_sheet(service: Service):
    assert httpx.get(f"{service.url}/docs").headers["content-security-policy"] == (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; img-src 'self' data:"
    )


def cookie_of(browser: httpx.Client) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "OURS"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_with_a_cookie_must_come_from_our_pages(service: Service, admin: httpx.Client, headers, method: str):
    given = {name: service.url if value == "OURS" else value for name, value in headers.items()}
    answer = httpx.request(method, f"{service.url}/v1/accounts/ada", headers={**cookie_of(admin), **given}, json=CHANGE)
    expect(answer, 403, "cross-site")


@pytest.mark.parametrize("headers", [{"Origin": "OURS"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
def test_a_write_from_our_pages_passes(service: Service, admin: httpx.Client, headers: dict[str, str]):
    given = {name: service.url if value == "OURS" else value for name, value in headers.items()}
    answer = httpx.patch(f"{service.url}/v1/accounts/ada", headers={**cookie_of(admin), **given}, json=CHANGE)
    assert answer.status_code == 200


def test_a_cookie_may_read_from_anywhere(service: Service, admin: httpx.Client):
    answer = httpx.get(f"{service.url}/v1/session", headers={**cookie_of(admin), "Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_bearer_token_is_believed_wherever_it_comes_from(service: Service, admin: httpx.Client):
    token = admin.post("/accounts/ada/tokens", json={"purpose": "test"}).json()["secret"]
    headers = {"Authorization": f"Bearer {token}", "Origin": "https://evil.example"}
    assert httpx.patch(f"{service.url}/v1/accounts/ada", headers=headers, json=CHANGE).status_code == 200


def test_another_site_cannot_sign_a_browser_in(service: Service):
    body = {"name": "ada", "password": ADMIN_PASSWORD}
    foreign = httpx.post(f"{service.url}/v1/session", headers={"Origin": "https://evil.example"}, json=body)
    expect(foreign, 403, "cross-site")
    assert httpx.post(f"{service.url}/v1/session", json=body).status_code == 200


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service behind https that answers nobody who has not signed in."""
    data = tmp_path_factory.mktemp("closed")
    with serving(data, anonymous_reads=False, public_url="https://skin.example.org") as url:
        yield Service(url, data)


def database_of(service: Service) -> Database:
    return Database(Settings(data=service.data).url)


def test_behind_https_the_cookie_is_bound_to_this_host(closed: Service):
    database = database_of(closed)
    code = first_link(database, datetime.now(UTC))
    database.close()
    answer = httpx.post(f"{closed.url}/first", data={"code": code, "name": "ada", "password": ADMIN_PASSWORD})
    [cookie] = [each for each in answer.headers.get_list("set-cookie") if "skin-r1-session" in each]
    assert cookie.startswith("__Host-skin-r1-session=")
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    value = cookie.partition(";")[0]
    ours = {"Cookie": value, "Origin": "https://skin.example.org"}
    assert httpx.patch(f"{closed.url}/v1/accounts/ada", headers=ours, json=CHANGE).status_code == 200
    plain = {"Cookie": value.removeprefix("__Host-")}
    expect(httpx.get(f"{closed.url}/v1/session", headers=plain), 401, "unauthenticated")


def test_readers_sign_in_where_the_settings_want_it(closed: Service):
    database = database_of(closed)
    reads = issue_token(database, "reader", name="job", now=datetime.now(UTC))
    reports = issue_token(database, "reader", name="job", now=datetime.now(UTC), scopes=["report"])
    database.close()
    for path in ("/concepts", "/concepts/melanoma", "/releases", "/search?q=mela", "/features"):
        expect(httpx.get(f"{closed.url}/v1{path}"), 401, "unauthenticated")
        with closed.with_token(reads) as job:
            assert job.get(path).status_code == 200
        with closed.with_token(reports) as job:
            expect(job.get(path), 403, "forbidden")
    assert httpx.get(f"{closed.url}/v1/health").status_code == 200


def test_what_only_readers_may_see_stays_out_of_shared_caches(closed: Service, service: Service):
    with closing(database_of(closed)) as database:
        token = issue_token(database, "reader", name="job", now=datetime.now(UTC))
    for name in ("snapshot", "nquads"):
        with closed.with_token(token) as job:
            assert job.get(f"/releases/1/{name}").headers["cache-control"].startswith("private, max-age=")
        open_to_all = httpx.get(f"{service.url}/v1/releases/1/{name}")
        assert open_to_all.headers["cache-control"].startswith("public, max-age=")


def test_nothing_secret_is_logged(service: Service, admin: httpx.Client, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        made = admin.post("/accounts", json={"name": "lea", "role": "editor"}).json()
        code = made["invitation"]["link"].partition("code=")[2]
        with closing(service.follow(made["invitation"]["link"], "the password of lea")) as lea:
            token = lea.post("/accounts/lea/tokens", json={"purpose": "test"}).json()["secret"]
            cookie = next(iter(lea.cookies.values()))
            with service.with_token(token) as job:
                job.get("/session")
        with service.browser() as browser:
            browser.post("/session", json={"name": "lea", "password": "a wrong password"})
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("kg_service"))
    assert "lea set a password" in ours
    for secret in (code, token, cookie, "the password of lea", "a wrong password"):
        assert secret not in ours
