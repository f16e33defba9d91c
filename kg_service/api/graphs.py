"""The graphs behind the RDF answers: the statements of a node or a release, and the sandbox that queries them."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ..core.content import Content
from ..core.errors import QueryInvalid, UnknownRelease
from ..editorial import deltas, repository
from ..editorial.database import Database
from ..editorial.publishing import DRAFT, PROPOSAL
from ..editorial.repository import LATEST, ReleaseRow
from ..settings import Settings
from ..store.sandbox.door import Limits, Sandbox
from ..store.sandbox.kept import Source
from ..store.serialise import lines_about, lines_from, serialised
from ..store.statement import BASE
from .dependencies import is_known
from .reading import Reading

GRAPHS = BASE + "graph/"
DRAFT_GRAPH = GRAPHS + "draft"
RELEASE_GRAPHS = GRAPHS + "release/"

_RELEASES_KEPT = 3
_QUERIES_AT_ONCE = 2
# From this many changes on, loading the draft anew is quicker than telling them.
_FAR_BEHIND = 500


class Graphs:
    """What one worker keeps for RDF answers. Thread-safe.

    Args:
        settings: how long a query may take.
    """

    def __init__(self, settings: Settings) -> None:
        self.sandbox = Sandbox(Limits(seconds=settings.sparql_seconds, memory=settings.sparql_megabytes << 20))
        self.turns = asyncio.Semaphore(_QUERIES_AT_ONCE)
        self._releases: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        self.sandbox.close()

    def nquads(self, database: Database, release: str) -> bytes:
        """The canonical N-Quads of a release, by its id. The last few are kept.

        Raises:
            UnknownRelease: there is none.
        """
        with self._lock:
            if release not in self._releases:
                with database.reading() as session:
                    self._releases[release] = repository.nquads(session, release)
            self._releases.move_to_end(release)
            while len(self._releases) > _RELEASES_KEPT:
                self._releases.popitem(last=False)
            return self._releases[release]

    def about(self, database: Database, reading: Reading, iri: str) -> bytes:
        """The N-Triples lines about one node, as the release (or draft) of this reading states them."""
        name = reading.release.id
        if name != DRAFT and not name.startswith(PROPOSAL):
            return lines_about(self.nquads(database, name), iri)
        with database.reading() as session:
            standing = repository.nodes(session, [iri])
        if name != DRAFT:
            from ..store.nodes import edited, items_named  # loads rdflib

            content = Content.of(reading.knowledge)
            standing = edited(content, items_named([iri], content), standing)
        return "".join(sorted(f"{statement.line}\n" for statement in standing.get(iri, ()))).encode()

    def vocabulary(self, database: Database) -> bytes:
        """The lines about the vocabulary's own terms, as the newest release states them."""
        with database.reading() as session:
            newest = repository.release(session, LATEST)
        return lines_from(self.nquads(database, newest.id), f"<{BASE}vocab")

    def source(self, database: Database, graph: str | None) -> Source:
        """A graph for the sandbox, by its IRI; None for the newest release.

        Raises:
            QueryInvalid: this service has no such graph.
        """
        with database.reading() as session:
            if graph == DRAFT_GRAPH:
                return _draft(database, repository.last_seq(session))
            name = LATEST if graph is None else graph.removeprefix(RELEASE_GRAPHS)
            if graph is None or graph.startswith(RELEASE_GRAPHS):
                try:
                    return self._release(database, repository.release(session, name))
                except UnknownRelease:
                    pass
        raise QueryInvalid(
            f"there is no graph <{graph}>; there are <{DRAFT_GRAPH}> and <{RELEASE_GRAPHS}ID> for each release"
        )

    def _release(self, database: Database, row: ReleaseRow) -> Source:
        return Source(RELEASE_GRAPHS + row.id, row.digest, lambda: self.nquads(database, row.id))


def _draft(database: Database, seq: int) -> Source:
    def statements() -> bytes:
        with database.reading() as session:
            return "".join(f"{line}\n" for line in deltas.whole_draft(session)[1]).encode()

    def since(version: str) -> tuple[bytes, bytes] | None:
        with database.reading() as session:
            changes = list(deltas.after(session, int(version), most=_FAR_BEHIND))
        if len(changes) == _FAR_BEHIND:
            return None
        removed, added = deltas.net(changes)
        return "".join(f"{line}\n" for line in removed).encode(), "".join(f"{line}\n" for line in added).encode()

    return Source(DRAFT_GRAPH, str(seq), statements, since)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keeps the graphs while the service runs, and feeds a remote server where the settings name one.

    No graph is loaded before somebody asks. `app.state.feed` is the feed, or None.
    """
    settings: Settings = app.state.settings
    app.state.graphs = Graphs(settings)
    app.state.feed = None
    with ExitStack() as stack:
        stack.callback(app.state.graphs.close)
        if settings.sparql_update_url:
            from ..editorial.feed.server import Server
            from ..editorial.feed.worker import feeding

            app.state.feed = stack.enter_context(feeding(app.state.database, Server.of(settings)))
        yield


async def _graphs(request: Request) -> Graphs:
    return request.app.state.graphs


GraphsNow = Annotated[Graphs, Depends(_graphs)]


async def answer_node(request: Request, reading: Reading, iri: str, media: str) -> Response | None:
    """What a release or draft states of one node, in a format; None where it states nothing."""
    lines = await run_in_threadpool(request.app.state.graphs.about, request.app.state.database, reading, iri)
    return await answer_rdf(request, lines, media) if lines else None


async def answer_rdf(request: Request, lines: bytes, media: str) -> Response:
    """N-Triples lines in a format, with an ETag of their own, or 304."""
    return await run_in_threadpool(_answer, request, lines, media)


def _answer(request: Request, lines: bytes, media: str) -> Response:
    tag = f'"{hashlib.sha256(lines).hexdigest()[:32]}-{media.rpartition("/")[2]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(serialised(lines, media), headers=headers, media_type=media)


async def answer_release(request: Request, id_: str, media: str) -> Response:
    """A whole release in one of `negotiation.RELEASE_FORMATS` other than JSON.

    Args:
        id_: the release's own id, not `latest` or a digest.

    Raises:
        UnknownRelease: there is none.
    """
    lines = await run_in_threadpool(request.app.state.graphs.nquads, request.app.state.database, id_)
    return await answer_rdf(request, lines, media)
