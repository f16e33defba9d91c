from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from kg_service.core.errors import TooManyAttempts
from kg_service.editorial.accounts.attempts import begin, network
from kg_service.editorial.accounts.invitations import accept_invitation
from kg_service.editorial.accounts.management import create_account
from kg_service.editorial.accounts.signing_in import sign_in
from kg_service.editorial.database import Database

from .conftest import BOTH_DATABASES, NOW

HERE, THERE = "192.0.2.1", "198.51.100.7"


def fail(database: Database, times: int, name: str = "ana", address: str = HERE, now: datetime = NOW) -> None:
    for _ in range(times):
        begin(database, name, address, now=now)


def wait(database: Database, name: str = "ana", address: str = HERE, now: datetime = NOW) -> int:
    """Seconds until the next attempt is heard."""
    with pytest.raises(TooManyAttempts) as caught:
        begin(database, name, address, now=now)
    return caught.value.retry_after


@BOTH_DATABASES
def test_five_failures_are_free_and_the_wait_then_doubles(database: Database):
    fail(database, 5)
    now, waits = NOW, []
    for _ in range(7):
        waits.append(wait(database, now=now))
        now += timedelta(seconds=waits[-1])
        fail(database, 1, now=now)
    assert waits == [31, 61, 121, 241, 481, 901, 901]


@BOTH_DATABASES
def test_an_attempt_that_is_refused_does_not_lengthen_the_wait(database: Database):
    fail(database, 5)
    assert {wait(database) for _ in range(20)} == {31}


@BOTH_DATABASES
def test_strangers_elsewhere_do_not_lock_an_account(database: Database):
    for number in range(30):
        fail(database, 1, address=f"203.0.113.{number}")
    begun = begin(database, "ana", THERE, now=NOW)
    assert 0 < begun.delay <= 5


@BOTH_DATABASES
def test_the_owners_usual_address_is_not_even_slowed_down(database: Database):
    _, code, _ = create_account(database, "ana", "editor", trusted=False, now=NOW)
    accept_invitation(database, code, "", "correct horse", now=NOW)
    sign_in(database, "ana", "correct horse", begun=begin(database, "ana", THERE, now=NOW), now=NOW)
    later = NOW + timedelta(days=20)
    for number in range(30):
        fail(database, 1, address=f"203.0.113.{number}", now=later)
    assert begin(database, "ana", THERE, now=later).delay == 0
    assert begin(database, "ana", HERE, now=later).delay > 0


@BOTH_DATABASES
def test_one_password_tried_on_many_names_is_slowed_down_by_its_address(database: Database):
    for number in range(20):
        fail(database, 1, name=f"name-{number}")
    assert wait(database, name="another") > 0
    begin(database, "another", THERE, now=NOW)


@BOTH_DATABASES
def test_a_success_forgets_the_failures_of_this_account_here(database: Database):
    _, code, _ = create_account(database, "ana", "editor", trusted=False, now=NOW)
    accept_invitation(database, code, "", "correct horse", now=NOW)
    fail(database, 4)
    sign_in(database, "ana", "correct horse", begun=begin(database, "ana", HERE, now=NOW), now=NOW)
    fail(database, 5)


@BOTH_DATABASES
def test_failures_are_forgotten_after_an_hour(database: Database):
    fail(database, 5)
    fail(database, 5, now=NOW + timedelta(hours=1))


@BOTH_DATABASES
def test_many_attempts_at_once_gain_nothing(database: Database):
    def attempt(_: int) -> bool:
        try:
            begin(database, "ana", HERE, now=NOW)
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) == 5


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("a.unix.socket", "unknown"),
    ],
)
def test_one_customer_is_one_caller(address: str, caller: str):
    assert network(address) == caller
