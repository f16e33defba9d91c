"""Search as you type: the box in the header, and the boxes in forms that pick a concept or a feature."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import RedirectResponse, Response

from ...wire import MAX_QUERY
from ..finding import find_concepts, find_features
from ..page import pages, render
from ..paging import Page
from ..scene import SceneNow

router = pages()

Asked = Annotated[str, Query(max_length=MAX_QUERY)]

_OFFERED = 12
_ON_PAGE = 50
_MOST = 1_000
_SIGNS = 30


@router.get("/search")
def results(scene: SceneNow, q: Asked = "", page: Annotated[int, Query(ge=1, le=_MOST // _ON_PAGE)] = 1) -> Response:
    """All that is found, diseases and signs; where it is one disease alone, that."""
    concepts = find_concepts(scene.know, q, _MOST)
    signs = find_features(scene.know, q, _SIGNS)
    if len(concepts) == 1 and not signs and not concepts[0].near:
        return RedirectResponse(scene.concept_url(concepts[0].id), 303)
    return render(
        scene,
        "search.html",
        q=q,
        found=Page.of(concepts, page, _ON_PAGE),
        signs=signs if page == 1 else [],
    )


@router.get("/search/go")
def options_to_open(scene: SceneNow, q: Asked = "") -> Response:
    """What the box in the header offers: concepts to go to."""
    return render(scene, "_found.html", found=find_concepts(scene.know, q, _OFFERED), going=True, kind="concept")


@router.get("/search/pick")
def options_to_pick(scene: SceneNow, q: Asked = "", kind: Literal["concept", "feature"] = "concept") -> Response:
    """What a box in a form offers: concepts or features, whose id the form then sends."""
    finder = find_concepts if kind == "concept" else find_features
    return render(scene, "_found.html", found=finder(scene.know, q, _OFFERED), going=False, kind=kind)
