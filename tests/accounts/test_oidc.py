from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import fields

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from kg_service.api.routes import sign_on as routes
from kg_service.core.errors import ConfigInvalid
from kg_service.editorial.accounts.management import change_account, create_account
from kg_service.editorial.accounts.provider import provider_of
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.database import Database
from kg_service.settings import Settings, read_settings

from ..live import serving
from ..patience import PATIENCE
from .conftest import NOW, Service, expect
from .provider import CLIENT, SECRET, Twin, providing

ROLES = "groups:derm=editor,derm-leads=reviewer,derm-it=admin"


@pytest.fixture(scope="module")
def running() -> Iterator[Twin]:
    with providing() as twin:
        yield twin


@pytest.fixture
def twin(running: Twin) -> Twin:
    """The provider, as it is when nobody changed what it says."""
    fresh = Twin(issuer=running.issuer, key=running.key)
    for one in fields(Twin):
        setattr(running, one.name, getattr(fresh, one.name))
    running.person = {"sub": "248289761001", "preferred_username": "jane", "groups": ["all", "derm"]}
    return running


@pytest.fixture(scope="module")
def service(running: Twin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("oidc")
    named = {"oidc_issuer": running.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with serving(data, oidc_roles=ROLES, **named) as url:
        yield Service(url, data)


@pytest.fixture
def people(service: Service) -> Iterator[Database]:
    database = Database(Settings(data=service.data).url)
    yield database
    database.close()


def sign_on(service: Service, browser: httpx.Client) -> httpx.Response:
    """The answer to a browser that went to the provider and came back."""
    away = browser.get("/session/oidc")
    assert away.status_code == 303, away.text
    return browser.get(httpx.get(away.headers["location"]).headers["location"])


def test_a_person_signs_on_and_has_the_role_of_the_claim(service: Service, twin: Twin):
    with service.browser() as browser:
        page = sign_on(service, browser)
        assert page.status_code == 200
        assert "signed in as jane" in page.text
        assert browser.get("/session").json()["role"] == "editor"
        assert list(browser.cookies) == ["skin-r1-session"]


def test_the_highest_role_counts_and_a_lost_one_is_lost(service: Service, twin: Twin):
    twin.person = {"sub": "2", "preferred_username": "june", "groups": ["derm", "derm-leads"]}
    with service.browser() as browser:
        sign_on(service, browser)
        assert browser.get("/session").json()["role"] == "reviewer"
    twin.person["groups"] = "derm"
    with service.browser() as browser:
        sign_on(service, browser)
        assert browser.get("/session").json() | {"scopes": []} == {
            "name": "june", "role": "editor", "trusted": False, "scopes": [], "by": "session",
        }  # fmt: skip


def test_somebody_without_a_role_is_refused(service: Service, twin: Twin):
    for groups in (["others"], None, 7, [{"derm": 1}]):
        twin.person = {"sub": "3", "preferred_username": "jim", "groups": groups}
        with service.browser() as browser:
            expect(sign_on(service, browser), 401, "identity-refused")


def test_an_account_is_never_taken_over_by_its_name(service: Service, twin: Twin, people: Database):
    issue_token(people, "admin", name="root", now=NOW)
    twin.person = {"sub": "4", "preferred_username": "root", "groups": ["derm"]}
    with service.browser() as browser:
        problem = expect(sign_on(service, browser), 409, "account-exists")
        assert f"{twin.issuer} 4" in problem["detail"]
        change_account(people, "root", subject=f"{twin.issuer} 4", now=NOW)
        assert sign_on(service, browser).status_code == 200
        assert browser.get("/session").json()["name"] == "root"


def test_a_disabled_account_cannot_sign_on(service: Service, twin: Twin, people: Database):
    create_account(people, "joe", "reader", trusted=False, now=NOW)
    change_account(people, "joe", subject=f"{twin.issuer} 5", disabled=True, now=NOW)
    twin.person = {"sub": "5", "preferred_username": "joe", "groups": ["derm"]}
    with service.browser() as browser:
        expect(sign_on(service, browser), 403, "forbidden")


def test_a_name_that_cannot_be_an_accounts_is_replaced(service: Service, twin: Twin):
    twin.person = {"sub": "6", "preferred_username": "Дарья\n", "groups": ["derm"]}
    with service.browser() as browser:
        sign_on(service, browser)
        assert browser.get("/session").json()["name"].startswith("person-")


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://another.example"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "x" * 300},
        {"at_hash": "wrong"},
    ],
)
def test_a_token_that_does_not_hold_signs_nobody_in(service: Service, twin: Twin, wrong: dict[str, object]):
    twin.wrong = wrong
    with service.browser() as browser:
        answer = sign_on(service, browser)
        assert (answer.status_code, answer.json()["code"]) in ((401, "identity-refused"), (503, "identity-unavailable"))
        assert browser.get("/session").status_code == 401


def test_a_token_signed_with_another_key_is_refused(service: Service, twin: Twin):
    twin.signing = RSAKey.generate_key(2048, {"kid": "one"})
    with service.browser() as browser:
        expect(sign_on(service, browser), 401, "identity-refused")


def test_a_token_signed_with_our_own_secret_is_refused(service: Service, twin: Twin):
    twin.algorithm, twin.signing = "HS256", OctKey.import_key(SECRET * 3)
    with service.browser() as browser:
        expect(sign_on(service, browser), 401, "identity-refused")


def test_a_code_of_somebody_elses_browser_is_of_no_use(service: Service, twin: Twin):
    with service.browser() as theirs, service.browser() as mine:
        back = httpx.get(theirs.get("/session/oidc").headers["location"]).headers["location"]
        expect(mine.get(back), 401, "identity-refused")
        mine.get("/session/oidc")
        expect(mine.get(back), 401, "identity-refused")


def test_the_way_back_works_once(service: Service, twin: Twin):
    with service.browser() as browser:
        away = browser.get("/session/oidc")
        kept = {"Cookie": f"skin-r1-sign-on={browser.cookies['skin-r1-sign-on']}"}
        back = httpx.get(away.headers["location"]).headers["location"]
        assert httpx.get(back, headers=kept).status_code == 200
        expect(httpx.get(back, headers=kept), 401, "identity-refused")


@pytest.mark.parametrize(
    "query", ["", "?error=access_denied&state=x", "?code=x", "?code=x&state=%00", "?code=%ff&state=%ff"]
)
def test_a_way_back_that_is_none_is_refused(service: Service, twin: Twin, query: str):
    with service.browser() as browser:
        browser.get("/session/oidc")
        expect(browser.get(f"/session/oidc/callback{query}"), 401, "identity-refused")


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://another.example/token"},
        {"authorization_endpoint": None},
        {"jwks_uri": 5},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(service: Service, twin: Twin, discovery):
    twin.discovery = discovery
    with service.browser() as browser:
        expect(browser.get("/session/oidc"), 503, "identity-unavailable")


def test_a_wrong_client_secret_is_said_without_repeating_it(running: Twin, twin: Twin, tmp_path):
    named = {"oidc_issuer": running.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": "not the secret"}
    with serving(tmp_path, **named) as url, Service(url, tmp_path).browser() as browser:
        problem = expect(sign_on(Service(url, tmp_path), browser), 401, "identity-refused")
        assert "not the secret" not in problem["detail"]


def test_a_provider_that_is_down_is_a_503(tmp_path):
    with (
        serving(tmp_path, oidc_issuer="http://127.0.0.1:1", oidc_client_id=CLIENT) as url,
        Service(url, tmp_path).browser() as browser,
    ):
        expect(browser.get("/session/oidc"), 503, "identity-unavailable")


def test_a_slow_provider_does_not_keep_others_waiting(tmp_path, monkeypatch: pytest.MonkeyPatch):
    answered = threading.Event()

    def slow(*_: object, **__: object) -> str:
        answered.wait(10 * PATIENCE)  # longer than anybody here waits for an answer
        return "https://idp.example.org/"

    monkeypatch.setattr(routes, "authorization_url", slow)
    named = {"oidc_issuer": "https://idp.example.org", "oidc_client_id": CLIENT}
    with serving(tmp_path, **named) as url, ThreadPoolExecutor(48) as strangers:  # the service has 40 threads
        sent = [strangers.submit(httpx.get, f"{url}/v1/session/oidc") for _ in range(48)]
        wait(sent, timeout=2)
        try:
            assert httpx.get(f"{url}/v1/ready", timeout=60).status_code == 200
        finally:
            answered.set()
        assert {one.result().status_code for one in sent} == {303}


def test_without_a_provider_single_sign_on_says_so(tmp_path):
    with serving(tmp_path) as url:
        expect(httpx.get(f"{url}/v1/session/oidc"), 404, "no-identity-provider")
        expect(httpx.get(f"{url}/v1/session/oidc/callback?code=x&state=x"), 404, "no-identity-provider")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SKIN_R1_OIDC_ISSUER", "http://idp.example.org"),
        ("SKIN_R1_OIDC_ISSUER", "idp"),
        ("SKIN_R1_OIDC_CLIENT_ID", ""),
        ("SKIN_R1_OIDC_ROLES", "groups"),
        ("SKIN_R1_OIDC_ROLES", "groups:a=king"),
        ("SKIN_R1_OIDC_ROLES", "groups:=admin"),
        ("SKIN_R1_OIDC_ROLES", ":a=admin"),
    ],
)
def test_settings_that_are_wrong_stop_the_service_before_it_starts(name: str, value: str):
    right = {"SKIN_R1_OIDC_ISSUER": "https://idp.example.org", "SKIN_R1_OIDC_CLIENT_ID": "x"}
    with pytest.raises(ConfigInvalid, match="SKIN_R1_OIDC"):
        provider_of(read_settings({**right, name: value}))


def test_the_clients_secret_is_not_shown():
    settings = read_settings(
        {
            "SKIN_R1_OIDC_ISSUER": "https://i.example",
            "SKIN_R1_OIDC_CLIENT_ID": "x",
            "SKIN_R1_OIDC_CLIENT_SECRET": "hush",
        }
    )
    assert "hush" not in repr(settings) + repr(provider_of(settings))
