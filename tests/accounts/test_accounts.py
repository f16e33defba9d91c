from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from ..patience import eventually
from .conftest import Service, expect


def test_an_admin_invites_somebody_who_sets_a_password(service: Service, admin: httpx.Client):
    with closing(service.person(admin, "ana", "editor", trusted=True)) as ana:
        assert ana.get("/session").json() == {
            "name": "ana", "role": "editor", "trusted": True, "scopes": ["read", "report", "propose"], "by": "session",
        }  # fmt: skip
    [row] = [row for row in admin.get("/accounts").json()["items"] if row["name"] == "ana"]
    assert (row["password"], row["single_sign_on"], row["disabled"]) == (True, False, False)


def test_only_admins_see_and_change_accounts(service: Service, admin: httpx.Client):
    with closing(service.person(admin, "rob", "reviewer")) as reviewer:
        for answer in (
            reviewer.get("/accounts"),
            reviewer.post("/accounts", json={"name": "eve", "role": "admin"}),
            reviewer.patch("/accounts/rob", json={"role": "admin"}),
            reviewer.post("/accounts/rob/invitation"),
            reviewer.get("/accounts/ada/tokens"),
            reviewer.post("/accounts/ada/tokens", json={"purpose": "theft"}),
            reviewer.delete("/accounts/ada/tokens/0123456789abcdef"),
        ):
            expect(answer, 403, "forbidden")


def test_a_role_that_is_taken_away_is_gone_with_the_next_request(service: Service, admin: httpx.Client):
    with closing(service.person(admin, "uma", "reviewer")) as uma:
        assert admin.patch("/accounts/uma", json={"role": "reader"}).json()["role"] == "reader"
        assert uma.get("/session").json()["scopes"] == ["read", "report"]
        assert admin.patch("/accounts/uma", json={"disabled": True}).json()["disabled"] is True
        expect(uma.get("/session"), 401, "unauthenticated")


def test_the_last_admin_cannot_be_demoted_or_disabled(admin: httpx.Client):
    expect(admin.patch("/accounts/ada", json={"role": "editor"}), 409, "last-admin")
    expect(admin.patch("/accounts/ada", json={"disabled": True}), 409, "last-admin")


def test_a_name_is_taken_once(admin: httpx.Client):
    expect(admin.post("/accounts", json={"name": "ada", "role": "reader"}), 409, "account-exists")


@pytest.mark.parametrize("name", ["", "a/b", "ада", "-x", "a b", "a\x00", "x" * 65, "a\n"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(admin: httpx.Client, name: str):
    expect(admin.post("/accounts", json={"name": name, "role": "reader"}), 422, "request-invalid")


def test_somebody_makes_a_token_for_a_job_and_revokes_it(service: Service, admin: httpx.Client):
    with closing(service.person(admin, "tom", "editor")) as tom:
        asked = {"purpose": "nightly reports", "scopes": ["report"], "days": 30}
        made = tom.post("/accounts/tom/tokens", json=asked)
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        secret, token = made.json()["secret"], made.json()["token"]
        assert secret.startswith("skr_")
        with service.with_token(secret) as job:
            expect(job.get("/accounts"), 403, "forbidden")
            assert job.get("/session").json()["scopes"] == ["report"]
            assert job.get("/session").json()["by"] == "token"

        def first() -> dict:
            return tom.get("/accounts/tom/tokens").json()["items"][0]

        eventually(lambda: first()["used"] is not None)  # it is noted after the answer, but is
        listed = first()
        assert listed == {**token, "used": listed["used"]}
        assert secret not in tom.get("/accounts/tom/tokens").text
        assert tom.delete(f"/accounts/tom/tokens/{token['id']}").status_code == 204
        with service.with_token(secret) as job:
            expect(job.get("/session"), 401, "unauthenticated")
        expect(tom.delete(f"/accounts/tom/tokens/{token['id']}"), 404, "unknown-account")


def test_a_token_cannot_make_itself_another_that_may_more(service: Service, admin: httpx.Client):
    with closing(service.person(admin, "liv", "editor")) as liv:
        secret = liv.post("/accounts/liv/tokens", json={"purpose": "reads", "scopes": ["read"]}).json()["secret"]
    with service.with_token(secret) as job:
        expect(job.post("/accounts/liv/tokens", json={"purpose": "more"}), 403, "forbidden")
        expect(job.get("/accounts/liv/tokens"), 403, "forbidden")


def test_nobody_gets_a_token_of_more_than_the_own_role(service: Service, admin: httpx.Client):
    with closing(service.person(admin, "kim", "editor")) as kim:
        expect(kim.post("/accounts/kim/tokens", json={"purpose": "", "role": "admin"}), 403, "forbidden")
        expect(kim.post("/accounts/kim/tokens", json={"purpose": "", "scopes": ["review"]}), 403, "forbidden")


@pytest.mark.parametrize("name", ["none", "%00", "a%2Fb", "%F0%9F%A9%B9", "x" * 500])
def test_an_account_that_is_not_there_is_a_problem(admin: httpx.Client, name: str):
    for answer in (
        admin.patch(f"/accounts/{name}", json={"trusted": True}),
        admin.get(f"/accounts/{name}/tokens"),
        admin.delete(f"/accounts/{name}/tokens/0123456789abcdef"),
        admin.post(f"/accounts/{name}/tokens", json={"purpose": ""}),
        admin.post(f"/accounts/{name}/invitation"),
    ):
        assert answer.status_code in (404, 405, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_answer_of_a_route_is_what_its_documentation_says(service: Service):
    paths = httpx.get(f"{service.url}/openapi.json").json()["paths"]
    for path in ("/v1/accounts", "/v1/accounts/{name}", "/v1/accounts/{name}/tokens", "/v1/session"):
        for operation in paths[path].values():
            assert operation["description"]
            assert any("content" in answer for code, answer in operation["responses"].items() if code < "3") or (
                "204" in operation["responses"]
            )
