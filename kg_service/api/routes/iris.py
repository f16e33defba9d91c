"""The IRIs of the knowledge as addresses: `https://w3id.org/skin-r1/` redirects here, path kept.

An IRI names a disease, not a document, so it answers 303 with the document's address under /v1; the client asks there
with the same Accept header. Who asks for HTML, as browsers do, is led to the page about it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ...store.statement import BASE
from ..dependencies import DatabaseNow, ReadingNow
from ..graphs import GraphsNow, answer_rdf
from ..negotiation import FORMAT_PARAMETER, GRAPH_FORMATS, GraphFormat, described, wants_page

router = APIRouter(tags=["iris"])

# The desk's pages about things; the API alone serves none, and is not asked for HTML.
_PAGES = {"concept": "/n/", "feature": "/f/"}
_SEE: dict[int | str, dict[str, Any]] = {303: {"description": "the document about it, under /v1"}}


@router.get("/concept/{id}", status_code=303, responses=_SEE)
async def concept_iri(id: str, request: Request) -> Response:
    """A concept's IRI."""
    return _see(request, (_PAGES["concept"] if wants_page(request) else "/v1/concepts/") + quote(id, safe=""))


@router.get("/feature/{id}", status_code=303, responses=_SEE)
async def feature_iri(id: str, request: Request) -> Response:
    """A feature's IRI."""
    return _see(request, (_PAGES["feature"] if wants_page(request) else "/v1/features/") + quote(id, safe=""))


@router.get("/differential/{id}", status_code=303, responses=_SEE)
async def differential_iri(id: str, request: Request) -> Response:
    """A differential's IRI."""
    return _see(request, f"/v1/differentials/{quote(id, safe='')}")


@router.get("/crosswalk/{id:path}", status_code=303, responses=_SEE)
async def crosswalk_iri(id: str, request: Request) -> Response:
    """The IRI of what a dataset's label means."""
    # Only the path as it was sent still tells the joint from hyphens within a label (see store.codec.crosswalk_iri).
    sent = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("/crosswalk/")[2] or id
    dataset, joint, label = sent.partition("--")
    if not joint:
        raise HTTPException(404, "the IRI of a crosswalk entry is crosswalk/DATASET--LABEL")
    return _see(
        request, f"/v1/crosswalks/{quote(unquote(dataset), safe='')}", f"label={quote(unquote(label), safe='')}"
    )


@router.get("/graph/release/{id}", status_code=303, responses=_SEE)
async def graph_iri(id: str, request: Request) -> Response:
    """The IRI of a release's graph."""
    return _see(request, f"/v1/releases/{quote(id, safe='')}")


@router.get("/vocab", responses=described(None, GRAPH_FORMATS), openapi_extra=FORMAT_PARAMETER)
async def vocabulary(request: Request, database: DatabaseNow, graphs: GraphsNow, media: GraphFormat) -> Response:
    """The vocabulary: the document that the IRIs `https://w3id.org/skin-r1/vocab#…` point into."""
    return await answer_rdf(request, await run_in_threadpool(graphs.vocabulary, database), media)


@router.get("/scheme/{id}", responses=described(None, GRAPH_FORMATS), openapi_extra=FORMAT_PARAMETER)
async def scheme(
    id: str, request: Request, reading: ReadingNow, database: DatabaseNow, graphs: GraphsNow, media: GraphFormat
) -> Response:
    """A concept scheme: its own statements, not those of its members."""
    lines = await run_in_threadpool(graphs.about, database, reading, f"{BASE}scheme/{id}")
    if not lines:
        raise HTTPException(404, f"there is no scheme {id!r}")
    return await answer_rdf(request, lines, media)


def _see(request: Request, path: str, query: str = "") -> Response:
    # As it was sent: bytes that are no UTF-8 must not break the answer.
    asked = "&".join(part for part in (query, request.scope["query_string"].decode("latin-1")) if part)
    location = request.scope.get("root_path", "") + path + (f"?{asked}" if asked else "")
    return Response(status_code=303, headers={"Location": location, "Vary": "Accept"})
