from __future__ import annotations

from datetime import timedelta

import pytest

from kg_service.core.errors import (
    AccountExists,
    InvitationInvalid,
    LastAdmin,
    PasswordRefused,
    RequestInvalid,
    UnknownAccount,
)
from kg_service.editorial.accounts.invitations import (
    accept_invitation,
    first_link,
    invite_again,
    invited,
    somebody_can_sign_in,
)
from kg_service.editorial.accounts.management import change_account, create_account, list_accounts
from kg_service.editorial.accounts.sessions import signed_by_session
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.database import Database

from .conftest import BOTH_DATABASES, NOW

PASSWORD = "correct horse battery"

pytestmark = BOTH_DATABASES


def first(database: Database) -> str:
    code = first_link(database, NOW)
    assert code is not None
    return code


def anybody(database: Database) -> bool:
    with database.reading() as session:
        return somebody_can_sign_in(session, NOW)


def test_the_first_link_makes_an_admin_once(database: Database):
    code = first(database)
    assert invited(database, code, now=NOW).name == ""
    signed = signed_by_session(database, accept_invitation(database, code, "ada", PASSWORD, now=NOW), now=NOW)
    assert signed is not None
    assert (signed.actor.name, signed.actor.role) == ("ada", "admin")
    with pytest.raises(InvitationInvalid):
        accept_invitation(database, code, "eve", PASSWORD, now=NOW)
    assert [row.name for row in list_accounts(database)] == ["ada"]


def test_the_first_link_is_good_for_a_quarter_of_an_hour(database: Database):
    code = first(database)
    assert invited(database, code, now=NOW + timedelta(minutes=14))
    with pytest.raises(InvitationInvalid):
        accept_invitation(database, code, "ada", PASSWORD, now=NOW + timedelta(minutes=15))


def test_a_new_first_link_ends_the_one_before(database: Database):
    old, new = first(database), first(database)
    with pytest.raises(InvitationInvalid):
        invited(database, old, now=NOW)
    assert invited(database, new, now=NOW)


def test_there_is_no_first_link_once_there_is_an_admin(database: Database):
    code = first(database)
    issue_token(database, "admin", name="ada", now=NOW)
    assert first_link(database, NOW) is None
    with pytest.raises(InvitationInvalid):
        accept_invitation(database, code, "eve", PASSWORD, now=NOW)


@pytest.mark.parametrize(
    ("name", "password", "error"),
    [
        ("ada", "short", PasswordRefused),
        ("", PASSWORD, RequestInvalid),
        ("a/b", PASSWORD, RequestInvalid),
        ("ada\n", PASSWORD, RequestInvalid),
        ("аda", PASSWORD, RequestInvalid),  # a Cyrillic a
        ("job", PASSWORD, AccountExists),
        ("JOB", PASSWORD, AccountExists),
    ],
)
def test_a_form_filled_in_wrongly_leaves_the_link_good(
    database: Database, name: str, password: str, error: type[Exception]
):
    issue_token(database, "reader", name="job", now=NOW)
    code = first(database)
    with pytest.raises(error):
        accept_invitation(database, code, name, password, now=NOW)
    assert accept_invitation(database, code, "ada", PASSWORD, now=NOW)


def test_an_invited_person_sets_the_password_and_nothing_else(database: Database):
    _, code, expires = create_account(database, "ana", "editor", trusted=True, now=NOW)
    assert expires == "2026-01-05T03:04:05Z"
    signed = signed_by_session(database, accept_invitation(database, code, "eve", PASSWORD, now=NOW), now=NOW)
    assert signed is not None
    assert (signed.actor.name, signed.actor.role, signed.actor.trusted) == ("ana", "editor", True)


def test_a_second_link_resets_a_forgotten_password_and_ends_sessions(database: Database):
    _, code, _ = create_account(database, "ana", "editor", trusted=False, now=NOW)
    old = accept_invitation(database, code, "", PASSWORD, now=NOW)
    again, _ = invite_again(database, "ana", now=NOW)
    assert signed_by_session(database, old, now=NOW)
    new = accept_invitation(database, again, "", "another long password", now=NOW)
    assert signed_by_session(database, old, now=NOW) is None
    assert signed_by_session(database, new, now=NOW)


def test_a_disabled_account_loses_its_link(database: Database):
    _, code, _ = create_account(database, "ana", "editor", trusted=False, now=NOW)
    change_account(database, "ana", disabled=True, now=NOW)
    change_account(database, "ana", disabled=False, now=NOW)
    with pytest.raises(InvitationInvalid):
        invited(database, code, now=NOW)


def test_somebody_can_sign_in_with_a_password_or_a_token_that_works(database: Database):
    assert not anybody(database)
    _, code, _ = create_account(database, "ana", "editor", trusted=False, now=NOW)
    assert not anybody(database)
    issue_token(database, "reader", name="job", now=NOW - timedelta(days=2), lifetime=timedelta(days=1))
    assert not anybody(database)
    accept_invitation(database, code, "", PASSWORD, now=NOW)
    assert anybody(database)
    change_account(database, "ana", disabled=True, now=NOW)
    assert not anybody(database)
    issue_token(database, "reader", name="job", now=NOW)
    assert anybody(database)


def test_the_last_admin_who_can_sign_in_stays_one(database: Database):
    accept_invitation(database, first(database), "ada", PASSWORD, now=NOW)
    create_account(database, "not-yet", "admin", trusted=False, now=NOW)
    with pytest.raises(LastAdmin):
        change_account(database, "ada", role="reviewer", now=NOW)
    with pytest.raises(LastAdmin):
        change_account(database, "ada", disabled=True, now=NOW)
    issue_token(database, "admin", name="root", now=NOW, scopes=["read"])
    with pytest.raises(LastAdmin):
        change_account(database, "ada", disabled=True, now=NOW)
    issue_token(database, "admin", name="root", now=NOW)
    assert change_account(database, "ada", role="reviewer", now=NOW).role == "reviewer"


@pytest.mark.parametrize("name", ["none", "", "a\x00b", "a" * 100])
def test_a_name_that_no_account_has_is_an_error(database: Database, name: str):
    with pytest.raises(UnknownAccount):
        change_account(database, name, trusted=True, now=NOW)
    with pytest.raises(UnknownAccount):
        invite_again(database, name, now=NOW)
