"""Feeding as long as a process lives, in a thread beside whatever else it does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from ...core.errors import FeedUnavailable, StorageUnavailable
from .. import repository
from ..database import Database
from .catching_up import Fed, catch_up
from .lease import only_one
from .server import Server

_POLL_SECONDS = 1.0
_MOST_SECONDS = 60.0
# The server is looked at this often even without news: it may have lost its data.
_LOOKS = 60
_GRACE_SECONDS = 5.0

_log = logging.getLogger("kg_service.feed")


class Feed:
    """Keeps one server up to date with one database. `fed` is what the server holds as far as this process told it.

    Args:
        database, server: from where to where.
        poll: seconds between two looks for news.
    """

    def __init__(self, database: Database, server: Server, *, poll: float = _POLL_SECONDS) -> None:
        self.fed: Fed | None = None
        self._database = database
        self._server = server
        self._poll = poll
        self._stop = threading.Event()
        self._head: tuple[int, int] | None = None
        self._unseen = 0

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        """Feed until told to stop. Failures are logged once each and tried again, ever more seldom."""
        wait = self._poll
        while not self._stop.is_set():
            try:
                with only_one(self._database) as mine:
                    while mine() and not self._stop.is_set():
                        self._once()
                        wait = self._poll
                        self._stop.wait(self._poll)
            except (FeedUnavailable, StorageUnavailable, SQLAlchemyError, OSError) as error:
                wait = min(wait * 2, _MOST_SECONDS)
                said = (str(error).splitlines() or [type(error).__name__])[0]  # drivers go on with the statement
                _log.warning("the copy for SPARQL waits %g s: %s", wait, said)
            except Exception:
                wait = _MOST_SECONDS
                _log.exception("the copy for SPARQL failed and waits %g s", wait)
            self._stop.wait(wait)

    def _once(self) -> None:
        with self._database.reading() as session:
            head = repository.head(session)
        self._unseen += 1
        if head == self._head and self._unseen < _LOOKS:
            return
        self._head = None
        fed = catch_up(self._database, self._server, go_on=lambda: not self._stop.is_set())
        if fed is not None:
            if fed != self.fed:
                _log.info("the copy for SPARQL holds change %d and %d releases", fed.seq, fed.releases)
            self.fed, self._head, self._unseen = fed, head, 0


@contextmanager
def feeding(database: Database, server: Server) -> Iterator[Feed]:
    """Feed in a thread while the block runs."""
    feed = Feed(database, server)
    thread = threading.Thread(target=feed.run, name="feed", daemon=True)
    thread.start()
    try:
        yield feed
    finally:
        feed.stop()
        # A request to the server may take minutes; what it leaves undone, the next start does.
        thread.join(_GRACE_SECONDS)
        server.close()
