"""Differentials as things of their own, and what the labels of datasets mean."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.concept import CrosswalkEntry, Differential
from ...core.errors import UnknownCrosswalk, UnknownDifferential
from ...core.knowledge import Knowledge
from ...store.statement import BASE
from ...wire import pairs
from ..dependencies import JSON, DatabaseNow, Limit, ReadingNow, answer_json
from ..graphs import GraphsNow, answer_node, answer_rdf
from ..negotiation import FORMAT_PARAMETER, NodeFormat, described, varying
from ..openapi import gives

router = APIRouter(tags=["differentials"])


@router.get("/differentials", responses=gives(pairs.DifferentialPage))
async def differentials(
    request: Request, reading: ReadingNow, limit: Limit = 100, cursor: Annotated[str | None, Query()] = None
) -> Response:
    """All differentials by id, a page at a time: give `next` as `cursor` to go on."""
    know = reading.knowledge
    edges = sorted(know.differentials, key=attrgetter("id"))
    start = bisect_right(edges, cursor, key=attrgetter("id")) if cursor else 0
    page = edges[start : start + limit]
    last = page[-1].id if start + limit < len(edges) else None
    return answer_json(request, reading, {"items": [_row(know, edge) for edge in page], "next": last})


@router.get("/differentials/{id}", responses=described(pairs.Differential), openapi_extra=FORMAT_PARAMETER)
async def differential(id: str, request: Request, reading: ReadingNow, media: NodeFormat) -> Response:
    """One differential, named after its two concepts in either order. As RDF: its statements."""
    edge = _found(reading.knowledge, id)
    if media != JSON and (said := await answer_node(request, reading, f"{BASE}differential/{edge.id}", media)):
        return said
    return varying(answer_json(request, reading, _row(reading.knowledge, edge)))


@router.get("/crosswalks", responses=gives(pairs.Crosswalks))
async def crosswalks(request: Request, reading: ReadingNow) -> Response:
    """The datasets whose labels are known."""
    names = sorted({entry.dataset for entry in reading.knowledge.crosswalk})
    return answer_json(request, reading, {"items": names})


@router.get("/crosswalks/{dataset}", responses=described(pairs.Crosswalk), openapi_extra=FORMAT_PARAMETER)
async def crosswalk(
    dataset: str,
    request: Request,
    reading: ReadingNow,
    database: DatabaseNow,
    graphs: GraphsNow,
    media: NodeFormat,
    label: Annotated[str | None, Query(description="only this label, letter by letter")] = None,
) -> Response:
    """What the labels of one dataset mean. As RDF: the statements about them."""
    entries = _entries(reading.knowledge, dataset, label)
    if media == JSON:
        rows = [
            {"iri": _iri(entry), "label": entry.label, "concepts": list(entry.concepts), "source": entry.source}
            for entry in entries
        ]
        return varying(answer_json(request, reading, {"dataset": dataset, "items": rows}))

    def lines() -> bytes:
        return b"".join(sorted(graphs.about(database, reading, _iri(entry)) for entry in entries))

    return await answer_rdf(request, await run_in_threadpool(lines), media)


def _found(know: Knowledge, id_: str) -> Differential:
    """
    Raises:
        UnknownDifferential: no differential joins the two.
    """
    # An id may hold two hyphens itself, so every place is tried as the joint.
    cut = id_.find("--")
    while cut >= 0:
        a, b = sorted((id_[:cut], id_[cut + 2 :]))
        at = bisect_right(know.differentials, (a, b), key=lambda edge: (edge.a, edge.b)) - 1
        if at >= 0 and (know.differentials[at].a, know.differentials[at].b) == (a, b):
            return know.differentials[at]
        cut = id_.find("--", cut + 1)
    raise UnknownDifferential(f"there is no differential {id_!r}; a concept's are at /v1/concepts/{{id}}/ddx")


def _row(know: Knowledge, edge: Differential) -> dict[str, object]:
    here, there = know.profile(edge.a), know.profile(edge.b)
    return {
        "id": edge.id,
        "a": edge.a,
        "b": edge.b,
        "strength": edge.strength,
        "features": [{"feature": f, "a": here[f], "b": there[f]} for f in edge.features],
        "source": edge.source,
        "reviewStatus": edge.review_status,
    }


def _entries(know: Knowledge, dataset: str, label: str | None) -> list[CrosswalkEntry]:
    """
    Raises:
        UnknownCrosswalk: the dataset has none, or not of this label.
    """
    found = [e for e in know.crosswalk if e.dataset == dataset and label in (None, e.label)]
    if not found:
        what = f"the label {label!r} of {dataset!r}" if label is not None else f"the dataset {dataset!r}"
        raise UnknownCrosswalk(f"the crosswalk does not know {what}; GET /v1/crosswalks lists the datasets")
    return found


def _iri(entry: CrosswalkEntry) -> str:
    from ...store.codec import crosswalk_iri  # loads rdflib

    return str(crosswalk_iri(entry.dataset, entry.label))
