"""The brake on guessing passwords. It counts in the database, so that all workers share it.

- One account from one address: five failures, then a wait of 30 s that doubles with each further failure, up to a
  quarter of an hour.
- One address, whatever the account: the same after twenty failures, for those who try one password on many names.
- One account from everywhere: nobody is refused, since strangers could lock its owner out. After twenty failures each
  attempt from an address that never signed in to it is answered some seconds later; the owner's usual address is not.

Failures are forgotten after an hour, and those of one account and address when it signs in. A refused attempt does not
count. Each attempt counts as failed until it has succeeded, so that many at once gain nothing.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from ...core.errors import TooManyAttempts
from ..database import Database
from ..times import timestamp
from . import repository
from .models import Attempt
from .secret import hash_secret

REMEMBERED = timedelta(hours=1)
ADDRESS_KNOWN = timedelta(days=30)
FREE_PER_ACCOUNT_AND_ADDRESS = 5
FREE_PER_ADDRESS = 20
FREE_PER_ACCOUNT = 20
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_DELAY = 5.0


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that is heard, after `delay` seconds."""

    name: str
    address: str
    delay: float


def begin(database: Database, name: str, address: str, *, now: datetime) -> Begun:
    """Count an attempt before anything is checked.

    Args:
        address: the caller's IP address.

    Raises:
        TooManyAttempts: it comes too soon after too many failures.
    """
    # People type their password into the wrong field: what they typed is not kept.
    name, address = hash_secret(name), network(address)
    since = timestamp(now - REMEMBERED)
    # Whoever is refused does not make the editors wait: only an attempt that is heard takes the writers' lock.
    with database.reading() as session:
        _refuse_early(session, name, address, since, now)
    with database.writing() as session:
        _refuse_early(session, name, address, since, now)
        everywhere, _ = repository.failures(session, name=name, since=since)
        known = repository.has_signed_in(session, name=name, address=address)
        repository.drop_old_attempts(session, failed_before=since, known_before=timestamp(now - ADDRESS_KNOWN))
        repository.add_attempt(session, Attempt(name=name, address=address, at=timestamp(now), failed=True))
    beyond = 0 if known else max(0, everywhere - FREE_PER_ACCOUNT + 1)
    return Begun(name, address, min(LONGEST_DELAY, beyond * 0.5))


def _refuse_early(session: Session, name: str, address: str, since: str, now: datetime) -> None:
    _wait(repository.failures(session, name=name, address=address, since=since), FREE_PER_ACCOUNT_AND_ADDRESS, now)
    _wait(repository.failures(session, address=address, since=since), FREE_PER_ADDRESS, now)


def _wait(failures: tuple[int, str | None], free: int, now: datetime) -> None:
    count, newest = failures
    if count < free or newest is None:
        return
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(count - free, 10))
    left = datetime.fromisoformat(newest) + wait - now
    if left > timedelta(0):
        seconds = int(left.total_seconds()) + 1
        raise TooManyAttempts(f"too many failed sign-ins; try again in {seconds} s", seconds)


def network(address: str) -> str:
    """Who is taken for one caller: an IPv4 address, or the /64 that one IPv6 customer has at least."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
