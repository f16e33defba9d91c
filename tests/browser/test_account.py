"""Signing in and out, one's account, people."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from kg_service.editorial.accounts.invitations import first_link, link
from kg_service.editorial.database import Database
from kg_service.settings import Settings

from ..accounts.provider import CLIENT, SECRET, providing
from .people import PASSWORD, Desk, desk_at


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_signing_in_leads_on_to_where_one_wanted_to_go(desk: Desk):
    desk.session("ines", "reader")
    page = desk.page()
    page.goto("/account")
    expect(page).to_have_url(f"{desk.url}/sign-in?next=%2Faccount")
    sign_in(page, "ines", "not my password")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    expect(page.get_by_label("Name")).to_have_value("ines")
    sign_in(page, "ines")
    expect(page.get_by_role("heading", level=1)).to_have_text("ines")
    expect(page).to_have_url(f"{desk.url}/account")
    assert desk.faults == []


def test_after_five_wrong_passwords_the_page_says_when_to_come_back(desk: Desk):
    desk.session("gus", "reader")
    page = desk.page()
    page.goto("/sign-in")
    for _ in range(5):
        with page.expect_response("**/sign-in"):
            sign_in(page, "gus", "a guess")
        expect(page.locator(".htmx-request")).to_have_count(0)  # until then the form is not sent again
    sign_in(page, "gus")
    expect(page.get_by_role("alert")).to_contain_text("Too many failed sign-ins; try again in")
    assert desk.faults == []


def test_signing_in_works_without_javascript(desk: Desk):
    desk.session("noel", "reader")
    page = desk.page(java_script_enabled=False)
    page.goto("/sign-in?next=%2Fhelp")
    sign_in(page, "noel", "not my password")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    expect(page.get_by_label("Name")).to_have_value("noel")
    sign_in(page, "noel")
    expect(page).to_have_url(f"{desk.url}/help")
    desk.faults[:] = [fault for fault in desk.faults if "401" not in fault]  # the answer to the wrong password
    assert desk.faults == []


def test_signing_out_says_so_and_ends_the_session(desk: Desk):
    page = desk.page("otto", "reader")
    page.goto("/account")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert desk.faults == []


def test_who_follows_a_link_of_a_letter_is_still_signed_in(desk: Desk):
    """A browser sends a strict cookie with no request that began elsewhere, but with the next one."""
    page = desk.page("lena", "reader")
    elsewhere = desk.url.replace("127.0.0.1", "localhost")
    page.goto(f"{elsewhere}/sign-in")
    page.evaluate("url => { location.href = url }", f"{desk.url}/sign-in?next={quote('/account', safe='')}")
    expect(page.get_by_role("heading", level=1)).to_have_text("lena")
    desk.faults[:] = [fault for fault in desk.faults if elsewhere not in fault]
    assert desk.faults == []


def test_an_administrator_invites_somebody_who_sets_a_password(desk: Desk):
    admin = desk.page("ada", "admin")
    admin.goto("/account")
    admin.get_by_role("link", name="Invite people").click()
    admin.wait_for_url("**/people")
    admin.get_by_label("Name for signing in").fill("ada")
    admin.get_by_role("button", name="Make the account").click()
    expect(admin.get_by_role("alert")).to_contain_text("There is an account ada already")
    admin.get_by_label("Name for signing in").fill("vera.holm")
    admin.get_by_role("button", name="Make the account").click()
    given = admin.get_by_label("Give this link to vera.holm")
    expect(given).to_be_focused()
    expect(admin.get_by_role("row", name="vera.holm")).to_contain_text("no password yet")

    vera = desk.page()
    vera.goto(given.input_value())
    expect(vera.get_by_role("heading", level=1)).to_have_text("Welcome, vera.holm")
    vera.get_by_label("Your password").fill("short but long enough")
    vera.get_by_role("button", name="Set the password").click()
    expect(vera.get_by_role("status")).to_have_text("Welcome, vera.holm. You are signed in.")
    expect(vera.get_by_role("link", name="vera.holm editor")).to_be_visible()

    again = desk.page()
    again.goto(given.input_value())
    expect(again.get_by_role("heading", level=1)).to_have_text("This link has ended")
    desk.faults[:] = [fault for fault in desk.faults if "410" not in fault]
    assert desk.faults == []


def test_an_administrator_changes_a_role_and_disables_an_account(desk: Desk):
    desk.session("rob", "editor")
    admin = desk.page("ada", "admin")
    admin.goto("/people/rob")
    admin.get_by_role("radio", name="reviewer edits").check()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("status")).to_contain_text("Saved")
    expect(admin.get_by_role("radio", name="reviewer edits")).to_be_checked()
    admin.get_by_role("button", name="Make a new link").click()
    assert admin.get_by_label("Give this link to rob").input_value().startswith(f"{desk.url}/first?code=")
    admin.get_by_text("Disable this account").click()
    admin.get_by_role("button", name="Disable rob").click()
    expect(admin.get_by_role("heading", name="Disabled")).to_be_visible()
    with desk.http("rob") as rob:
        assert rob.get("/account").status_code == 303
    admin.get_by_role("button", name="Let rob sign in again").click()
    expect(admin.get_by_role("heading", name="What rob may do")).to_be_visible()
    assert desk.faults == []


def test_the_last_administrator_stays_one(own_desk: Desk):
    page = own_desk.page("ada", "admin")
    page.goto("/people/ada")
    page.get_by_role("radio", name="editor").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Ada is the last admin who can sign in; make another one first")
    assert own_desk.faults == []


def test_a_token_is_shown_once_and_revoked(desk: Desk):
    page = desk.page("tom")
    page.goto("/account")
    page.get_by_text("Make a token").click()
    page.get_by_label("What for").fill("nightly reports")
    page.get_by_label("report labels").check()
    page.get_by_role("button", name="Make the token").click()
    made = page.get_by_label("The new token")
    expect(made).to_be_focused()
    headers = {"Authorization": f"Bearer {made.input_value()}"}
    with desk.http() as http:
        assert http.get("/v1/session", headers=headers).json()["scopes"] == ["read", "report"]
    page.reload()
    expect(made).to_have_count(0)
    page.get_by_role("row", name="nightly reports").get_by_text("Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke this token").click()
    expect(page.get_by_role("status")).to_contain_text("The token is revoked")
    with desk.http() as http:
        assert http.get("/v1/session", headers=headers).status_code == 401
    assert desk.faults == []


def test_a_password_is_changed_with_the_old_one(desk: Desk):
    page = desk.page("pia")
    page.goto("/account")
    page.get_by_text("Change the password").first.click()
    page.get_by_label("Password until now").fill("not this one")
    page.get_by_label("New password").fill("another long sentence")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("The old password is wrong")
    page.get_by_label("Password until now").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    assert desk.faults == []


def test_the_look_is_chosen_and_kept(desk: Desk):
    page = desk.page("theo", "reader", color_scheme="light")
    page.goto("/account")
    page.get_by_role("radio", name="dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("radio", name="dark")).to_be_checked()
    page.get_by_role("radio", name="as this device").check()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
    assert desk.faults == []


@pytest.fixture
def signing_on(browser: Browser, shipped_data, tmp_path):
    """A desk whose organisation signs people on, at another site as browsers see it."""
    with providing() as twin:
        twin.issuer = twin.issuer.replace("127.0.0.1", "localhost")
        named = {"oidc_issuer": twin.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        with desk_at(browser, shipped_data, tmp_path, **named) as desk:
            yield desk, twin


def test_single_sign_on_ends_on_the_desk_signed_in(signing_on):
    desk, twin = signing_on
    page = desk.page()
    page.goto("/account")
    page.get_by_role("link", name="Sign in with your organisation").click()
    expect(page.get_by_role("link", name="jane reader")).to_be_visible()
    expect(page).to_have_url(f"{desk.url}/account")
    assert [fault for fault in desk.faults if twin.issuer not in fault] == []


def test_a_sign_on_that_fails_is_told_on_a_page(signing_on):
    desk, _ = signing_on
    page = desk.page()
    page.goto("/v1/session/oidc/callback?error=access_denied")
    expect(page.get_by_role("alert")).to_contain_text("did not sign you in")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_the_first_administrator_chooses_a_name(own_desk: Desk, tmp_path):
    database = Database(Settings(data=tmp_path / "data").url)
    code = first_link(database, datetime.now(UTC))
    database.close()
    assert code is not None
    page = own_desk.page()
    page.goto(link(code))
    expect(page.get_by_role("heading", level=1)).to_have_text("The first administrator")
    page.get_by_label("Your name").fill("a b")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your password")).to_have_value(PASSWORD)
    page.get_by_label("Your name").fill("ada")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("link", name="ada admin")).to_be_visible()
    assert own_desk.faults == []
