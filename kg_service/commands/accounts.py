"""admin token, admin invite: how accounts begin, for who holds the database."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..core.errors import ConfigInvalid, Forbidden, RequestInvalid
from .sources import settings

if TYPE_CHECKING:
    from ..editorial.database import Database


def token(given: argparse.Namespace) -> int:
    from ..editorial.accounts.names import checked_name
    from ..editorial.accounts.tokens import issue_token

    with _database(given) as database:
        made = issue_token(
            database,
            given.role,
            name=checked_name(given.name or given.role),
            now=datetime.now(UTC),
            lifetime=timedelta(days=given.days) if given.days else None,
            scopes=given.scope or (),
            trusted=given.trusted,
        )
    print(made)
    print("Keep it now: it is stored as a hash and cannot be shown again.", file=sys.stderr)
    return 0


def invite(given: argparse.Namespace) -> int:
    from ..core.errors import AccountExists
    from ..editorial.accounts.invitations import invite_again, link
    from ..editorial.accounts.management import create_account

    with _database(given) as database:
        now = datetime.now(UTC)
        try:
            _, code, expires = create_account(database, given.name, given.role, trusted=given.trusted, now=now)
        except AccountExists:
            code, expires = invite_again(database, given.name, now=now)
    print(link(code))
    print(f"Open it below the address of the service until {expires} to set a password.", file=sys.stderr)
    return 0


@contextmanager
def _database(given: argparse.Namespace) -> Iterator[Database]:
    from ..editorial.database import Database
    from ..editorial.migrate import ensure

    database = Database(settings(given).url)
    try:
        ensure(database)
        yield database
    except (Forbidden, RequestInvalid) as error:
        raise ConfigInvalid(str(error)) from error
    finally:
        database.close()
