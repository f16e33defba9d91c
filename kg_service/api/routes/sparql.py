"""SPARQL 1.1 Protocol, queries only, each in a sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.errors import NotAcceptable, QueryInvalid, SandboxUnavailable
from ...editorial.database import Database
from ...store.sandbox.door import Answer, Question
from ...store.sandbox.kept import Source
from ...store.sandbox.question import dataset_of
from ...store.serialise import prefixes
from ..dependencies import DatabaseNow, bounded_body
from ..description import service_description
from ..graphs import Graphs, GraphsNow, answer_rdf, lifespan
from ..negotiation import best, media_named

router = APIRouter(tags=["sparql"], lifespan=lifespan)

SOLUTION_FORMATS = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
    "application/json",
    "application/xml",
)
GRAPH_FORMATS = ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json")

_MAX_QUERY_BYTES = 1 << 20
_FORM = "application/x-www-form-urlencoded"
_QUERY = "application/sparql-query"
_MOST_GRAPHS = 4
_PATIENCE_SECONDS = 3.0

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "solutions of SELECT and ASK, or the graph of CONSTRUCT and DESCRIBE",
        "content": {media: {"schema": {"type": "string"}} for media in (*SOLUTION_FORMATS, *GRAPH_FORMATS)},
    }
}
_PARAMETERS = [
    {"name": name, "in": "query", "required": False, "schema": schema, "description": said}
    for name, schema, said in (
        ("query", {"type": "string"}, "the query, unless it is the body"),
        ("default-graph-uri", {"type": "array", "items": {"type": "string"}}, "default: the newest release's graph"),
        ("named-graph-uri", {"type": "array", "items": {"type": "string"}}, "what GRAPH may name"),
        ("format", {"type": "string"}, "wins over Accept: json, xml, csv, tsv, turtle, ntriples, rdfxml, jsonld"),
    )
]
_BODY = {
    "requestBody": {
        "required": False,
        "content": {
            _QUERY: {"schema": {"type": "string"}},
            _FORM: {"schema": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}},
        },
    }
}


@router.get("/sparql", responses=_ANSWERS, openapi_extra={"parameters": _PARAMETERS})
async def sparql(request: Request, database: DatabaseNow, graphs: GraphsNow) -> Response:
    """Run the SPARQL query `query`.

    The default graph is the newest release; `default-graph-uri`, `named-graph-uri` or FROM name others:
    `https://w3id.org/skin-r1/graph/draft` and `https://w3id.org/skin-r1/graph/release/ID`. No updates, no SERVICE.
    Without `query` the endpoint describes itself.
    """
    given = request.query_params.multi_items()
    if not any(name == "query" for name, _ in given):
        return await _describe(request, database, graphs, given)
    return await _answer(request, database, graphs, given)


@router.post("/sparql", responses=_ANSWERS, openapi_extra={"parameters": _PARAMETERS, **_BODY})
async def post_sparql(request: Request, database: DatabaseNow, graphs: GraphsNow) -> Response:
    """Run a SPARQL query sent as a form or as the body itself (`application/sparql-query`)."""
    given = request.query_params.multi_items()
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (_FORM, _QUERY):
        raise QueryInvalid(f"send the query as {_QUERY} or {_FORM}, not as {media or 'nothing'}; updates are refused")
    try:
        body = (await bounded_body(request, _MAX_QUERY_BYTES)).decode()
        given += [("query", body)] if media == _QUERY else parse_qsl(body, keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise QueryInvalid(f"the body cannot be read: {error}") from error
    return await _answer(request, database, graphs, given)


async def _answer(request: Request, database: Database, graphs: Graphs, given: list[tuple[str, str]]) -> Response:
    query = _query(given)
    solutions, graph = _formats(request, given)
    async with _turn(graphs):
        found = await run_in_threadpool(_ask, database, graphs, query, given, solutions, graph)
    media = found.media + "; charset=utf-8" if found.media.startswith("text/") else found.media
    headers = {"Cache-Control": "no-cache", "Vary": "Accept"}
    # Not `media_type`: that would add its own idea of a charset.
    return Response(found.body, headers={**headers, "Content-Type": media})


async def _describe(request: Request, database: Database, graphs: Graphs, given: list[tuple[str, str]]) -> Response:
    _refuse_updates(given)
    media = _formats(request, given)[1]
    if media is None:
        raise NotAcceptable(f"without a query this describes itself, as {', '.join(GRAPH_FORMATS)}")
    newest = await run_in_threadpool(graphs.source, database, None)
    public = request.app.state.settings.public_url.rstrip("/")
    endpoint = f"{public}/sparql" if public else str(request.url.replace(query="", fragment=""))
    try:
        return await answer_rdf(request, service_description(endpoint, newest.iri), media)
    except (SyntaxError, ValueError) as error:
        raise QueryInvalid("the Host header makes no address") from error


@asynccontextmanager
async def _turn(graphs: Graphs) -> AsyncIterator[None]:
    """One of the few places for running queries; whoever waits for one holds no thread.

    Raises:
        SandboxUnavailable: none became free in time.
    """
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await graphs.turns.acquire()
    except TimeoutError as error:
        raise SandboxUnavailable("as many queries are running as may run at once; try again shortly") from error
    try:
        yield
    finally:
        graphs.turns.release()


def _refuse_updates(given: list[tuple[str, str]]) -> None:
    if any(name in ("update", "using-graph-uri", "using-named-graph-uri") for name, _ in given):
        raise QueryInvalid("this endpoint answers queries; the knowledge is changed by proposals (POST /v1/proposals)")


def _query(given: list[tuple[str, str]]) -> str:
    _refuse_updates(given)
    queries = [value for name, value in given if name == "query"]
    if len(queries) != 1:
        raise QueryInvalid(f"send one query, not {len(queries)}")
    return queries[0]


def _formats(request: Request, given: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    """The media types for solutions and for a graph; which of them counts, only the query's parser knows."""
    name = next((value for name, value in given if name == "format"), None)
    if name is not None:
        media = "application/sparql-results+json" if name.lower() == "json" else media_named(name)
        solutions, graph = (media if media in offers else None for offers in (SOLUTION_FORMATS, GRAPH_FORMATS))
    else:
        accept = ",".join(request.headers.getlist("accept"))
        solutions, graph = best(accept, SOLUTION_FORMATS), best(accept, GRAPH_FORMATS)
    if solutions is None and graph is None:
        raise NotAcceptable(f"results are offered as {', '.join((*SOLUTION_FORMATS, *GRAPH_FORMATS))}")
    return solutions, graph


def _ask(
    database: Database,
    graphs: Graphs,
    query: str,
    given: list[tuple[str, str]],
    solutions: str | None,
    graph: str | None,
) -> Answer:
    own = dataset_of(query)
    # The protocol's own parameters win over FROM (SPARQL 1.1 Protocol, section 2.1.4).
    default = [value for name, value in given if name == "default-graph-uri"]
    named = [value for name, value in given if name == "named-graph-uri"]
    if not default and not named:
        default, named = list(own.default), list(own.named)
    chosen, visible = _sources(database, graphs, default), _sources(database, graphs, named)
    if not chosen and not visible:
        chosen = visible = (graphs.source(database, None),)
    return graphs.sandbox.ask(Question(query, chosen, visible, solutions, graph, prefixes()))


def _sources(database: Database, graphs: Graphs, iris: list[str]) -> tuple[Source, ...]:
    if len(set(iris)) > _MOST_GRAPHS:
        raise QueryInvalid(f"a query may name {_MOST_GRAPHS} graphs, not {len(set(iris))}")
    return tuple(graphs.source(database, iri) for iri in dict.fromkeys(iris))
