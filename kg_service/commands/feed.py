"""feed: keep a copy of the statements in a SPARQL 1.1 server."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..core.errors import ConfigInvalid, UnknownRelease
from .sources import settings

if TYPE_CHECKING:
    from ..editorial.database import Database


def feed(given: argparse.Namespace) -> int:
    """Once, or until stopped. The last line on stdout says what the server holds."""
    from ..editorial.database import Database
    from ..editorial.feed.catching_up import catch_up
    from ..editorial.feed.lease import only_one
    from ..editorial.feed.server import Server
    from ..editorial.feed.worker import Feed

    asked = settings(given)
    server, database = Server.of(asked), Database(asked.url)
    try:
        if given.once:
            _expect_data(database)
            with only_one(database) as mine:
                if not mine():
                    raise ConfigInvalid("another process feeds from this database already; let it, or stop it first")
                fed = catch_up(database, server)
        else:
            worker = Feed(database, server)
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: worker.stop())
            print("feeding", file=sys.stderr, flush=True)
            worker.run()
            fed = worker.fed
    finally:
        server.close()
        database.close()
    print(json.dumps(asdict(fed) if fed else None))
    return 0


def _expect_data(database: Database) -> None:
    """
    Raises:
        UnknownRelease: nothing was ever stored here.
    """
    from ..editorial import repository

    with database.reading() as session:
        if not repository.has_tables(session):
            raise UnknownRelease("the database holds no release yet; the first `serve` makes one")
