from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from kg_service.core.errors import Forbidden, PasswordRefused, Unauthenticated
from kg_service.editorial.accounts import repository
from kg_service.editorial.accounts.attempts import begin
from kg_service.editorial.accounts.invitations import accept_invitation
from kg_service.editorial.accounts.management import change_account, create_account
from kg_service.editorial.accounts.passwords import check_new, hash_password, is_outdated, is_password
from kg_service.editorial.accounts.rights import Signed
from kg_service.editorial.accounts.sessions import note_use, sign_out, signed_by_session
from kg_service.editorial.accounts.signing_in import change_password, sign_in
from kg_service.editorial.database import Database

from .conftest import NOW

PASSWORD = "correct horse battery"


@pytest.fixture
def ana(database: Database) -> str:
    """The cookie of a session of ana, an editor."""
    _, code, _ = create_account(database, "ana", "editor", trusted=False, now=NOW)
    return accept_invitation(database, code, "", PASSWORD, now=NOW)


def enter(database: Database, name: str, password: str, address: str = "192.0.2.1") -> str:
    return sign_in(database, name, password, begun=begin(database, name, address, now=NOW), now=NOW)


def signed(database: Database, cookie: str, after: timedelta = timedelta(0)) -> Signed | None:
    return signed_by_session(database, cookie, now=NOW + after)


def test_a_password_is_kept_as_argon2id(database: Database, ana: str):
    with database.reading() as session:
        account = repository.account(session, "ana")
    assert account is not None
    assert account.password.startswith("$argon2id$")


@pytest.mark.parametrize("password", ["123456789", "", "x" * 1001])
def test_a_password_is_refused_for_its_length_alone(password: str):
    with pytest.raises(PasswordRefused, match="characters"):
        check_new(password)
    check_new("aaaaaaaaaa")


def test_one_letter_typed_in_two_ways_is_one_password():
    assert is_password("Mu\u0308ller und Söhne", hash_password("M\u00fcller und So\u0308hne"))


def test_the_right_password_opens_a_session_and_a_wrong_one_does_not(database: Database, ana: str):
    one = signed(database, enter(database, "ana", PASSWORD))
    assert one is not None
    assert (one.actor.name, one.actor.role) == ("ana", "editor")
    for name, password in [("ana", PASSWORD + " "), ("ana", ""), ("bob", PASSWORD), ("an\x00a", PASSWORD)]:
        with pytest.raises(Unauthenticated, match="the name or the password is wrong"):
            enter(database, name, password)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(
    database: Database, ana: str, monkeypatch: pytest.MonkeyPatch
):
    """What takes the time is one hash with today's parameters. No clock: it would tell how busy the machine is."""
    with database.reading() as session:
        account = repository.account(session, "ana")
    assert account is not None
    assert not is_outdated(account.password)
    hashed: list[str] = []

    def counted(name: str) -> Callable[..., object]:
        work = getattr(PasswordHasher, name)
        return lambda *given, **more: (hashed.append(name), work(*given, **more))[1]

    for name in ("hash", "verify"):
        monkeypatch.setattr(PasswordHasher, name, counted(name))
    for name, expected in (("ana", ["verify"]), ("somebody", ["hash"])):
        hashed.clear()
        with pytest.raises(Unauthenticated):
            enter(database, name, "a wrong password")
        assert hashed == expected


def test_an_account_without_a_password_cannot_sign_in(database: Database):
    create_account(database, "bob", "reader", trusted=False, now=NOW)
    with pytest.raises(Unauthenticated):
        enter(database, "bob", "")


def test_a_hash_of_weaker_parameters_is_replaced_at_the_next_sign_in(database: Database, ana: str):
    with database.writing() as session:
        account = repository.account(session, "ana")
        assert account is not None
        account.password = weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        session.add(account)
    enter(database, "ana", PASSWORD)
    with database.reading() as session:
        account = repository.account(session, "ana")
    assert account is not None
    assert account.password != weak
    assert not is_outdated(account.password)
    enter(database, "ana", PASSWORD)


def test_a_session_ends_after_twelve_hours_whatever_happens(database: Database, ana: str):
    for minutes in range(0, 12 * 60, 60):
        one = signed(database, ana, timedelta(minutes=minutes))
        assert one is not None, minutes
        note_use(database, one, now=NOW + timedelta(minutes=minutes))
    assert signed(database, ana, timedelta(hours=12)) is None


def test_a_session_ends_after_two_hours_of_rest(database: Database, ana: str):
    assert signed(database, ana, timedelta(minutes=119))
    assert signed(database, ana, timedelta(hours=2)) is None


def test_signing_out_ends_this_session_alone(database: Database, ana: str):
    other = enter(database, "ana", PASSWORD)
    one = signed(database, ana)
    assert one is not None
    sign_out(database, one)
    assert signed(database, ana) is None
    assert signed(database, other)


def test_a_changed_password_ends_the_other_sessions(database: Database, ana: str):
    other = enter(database, "ana", PASSWORD)
    one = signed(database, ana)
    assert one is not None
    begun = begin(database, "ana", "192.0.2.1", now=NOW)
    with pytest.raises(Forbidden, match="old password"):
        change_password(database, one, "not " + PASSWORD, "a new long password", begun=begun, now=NOW)
    change_password(database, one, PASSWORD, "a new long password", begun=begun, now=NOW)
    assert signed(database, ana)
    assert signed(database, other) is None
    with pytest.raises(Unauthenticated):
        enter(database, "ana", PASSWORD)
    assert enter(database, "ana", "a new long password")


def test_a_disabled_account_loses_its_sessions_and_cannot_sign_in(database: Database, ana: str):
    change_account(database, "ana", disabled=True, now=NOW)
    assert signed(database, ana) is None
    with pytest.raises(Unauthenticated):
        enter(database, "ana", PASSWORD)
    change_account(database, "ana", disabled=False, now=NOW)
    assert signed(database, ana) is None
    assert enter(database, "ana", PASSWORD)
