"""Search as you type: the box in the header, and the boxes in forms that pick a concept or a feature."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from ...wire import MAX_QUERY
from ..finding import find_concepts, find_features
from ..page import pages, render
from ..scene import SceneNow

router = pages()

Asked = Annotated[str, Query(max_length=MAX_QUERY)]


@router.get("/search/go")
def options_to_open(scene: SceneNow, q: Asked = "") -> Response:
    """What the box in the header offers: concepts to go to."""
    return render(scene, "_found.html", found=find_concepts(scene.know, q, 12), going=True)


@router.get("/search/pick")
def options_to_pick(scene: SceneNow, q: Asked = "", kind: Literal["concept", "feature"] = "concept") -> Response:
    """What a box in a form offers: concepts or features, whose id the form then sends."""
    finder = find_concepts if kind == "concept" else find_features
    return render(scene, "_found.html", found=finder(scene.know, q, 12), going=False)
