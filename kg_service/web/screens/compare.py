"""S4: two diagnoses side by side, the images of both, and what a model is taught of them."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import Query
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response

from ...core.comparison import Comparison, comparison
from ...core.errors import RequestInvalid
from ...core.knowledge import Knowledge
from ...core.trajectory import Kind, StepKind, Trajectory
from ..highlight import Marked, marked
from ..material import MEDIA_TYPES, Material, Shown
from ..page import pages, render
from ..paging import Page
from ..scene import Scene, SceneNow, pair_path

router = pages()

_IMAGES = 6  # of each side
_QUOTED = 3  # sentences that the comparison itself shows
_TOLD = 12  # trajectories on one page
_DAY = "private, max-age=86400"

Id = Annotated[str, Query(max_length=200)]


@router.get("/compare")
def choose(scene: SceneNow, a: Id = "", b: Id = "") -> Response:
    """Pick two, or go on to the two that were picked."""
    know = scene.know
    if a in know.concepts and b in know.concepts and a != b:
        return RedirectResponse(scene.pair_url(a, b), 303)
    near = know.ddx.neighbour_ids(a) if a in know.concepts else ()
    near = sorted(near, key=know.label)
    return render(scene, "compare_choose.html", a=a if a in know.concepts else "", near=near, same=bool(a) and a == b)


@router.get("/compare/{a}/{b}")
def compare(scene: SceneNow, a: str, b: str) -> Response:
    """What tells two diagnoses apart."""
    know = scene.know
    found = _compared(know, a, b)
    material = material_of(scene)
    told = material.trajectories(a, b)
    return render(
        scene,
        "compare.html",
        found=found,
        by_kind=[(kind, list(rows)) for kind, rows in groupby(found.rest, key=lambda row: row.kind)],
        meet=know.meet(a, b),
        may_be_listed=not (know.is_ancestor(a, b) or know.is_ancestor(b, a)),
        images={id_: _images(material, know, id_) for id_ in (a, b)},
        has_cases=material.has_cases,
        has_trajectories=material.has_trajectories,
        told=len(told),
        quoted=_quoted(know, told),
        path=pair_path(a, b),
        swapped=pair_path(b, a),
    )


@router.get("/compare/{a}/{b}/trajectories")
def trajectories(
    scene: SceneNow, a: str, b: str, kind: Kind | None = None, page: Annotated[int, Query(ge=1, le=100_000)] = 1
) -> Response:
    """What a model is taught from this pair, word by word."""
    know, material = scene.know, material_of(scene)
    found = _compared(know, a, b)
    every = material.trajectories(a, b)
    rows = [row for row in every if kind is None or row.kind is kind]
    shown = Page.of(rows, page, _TOLD)
    return render(
        scene,
        "trajectories.html",
        found=found,
        path=pair_path(a, b),
        rows=[
            (row, material.image_url(row), [(step, marked(step, row.aliases, know)) for step in row.steps])
            for row in shown.rows
        ],
        counts={each: sum(row.kind is each for row in every) for each in (Kind.KEEP, Kind.REVISE)},
        shown=shown,
        every=len(every),
        kind=kind,
        has_trajectories=material.has_trajectories,
    )


@router.get("/cases/{source}/{case:path}")
def case_image(scene: SceneNow, source: str, case: str) -> Response:
    """The image of a case that a configured file lists."""
    file = material_of(scene).image(source, case)
    if file is None:
        raise HTTPException(404, "There is no image of this case here.")
    return FileResponse(file, media_type=MEDIA_TYPES[file.suffix.lower()], headers={"Cache-Control": _DAY})


def material_of(scene: Scene) -> Material:
    return scene.request.app.state.material


def _compared(know: Knowledge, a: str, b: str) -> Comparison:
    found = comparison(know, a, b)
    if a == b:
        raise RequestInvalid("choose two different diseases to compare")
    return found


def _images(material: Material, know: Knowledge, concept: str) -> tuple[tuple[Shown, ...], int]:
    """Examples of a concept and what lies below it, and how many there are."""
    here = (concept, *know.descendants(concept))
    return material.cases(here, _IMAGES), material.count(here)


def _quoted(know: Knowledge, told: tuple[Trajectory, ...]) -> list[tuple[Trajectory, list[Marked]]]:
    """The first sentences that weigh the one against the other, each told once."""
    found: dict[str, tuple[Trajectory, list[Marked]]] = {}
    for row in told:
        for step in row.steps:
            if step.kind is StepKind.DDX and step.text not in found:
                found[step.text] = (row, marked(step, row.aliases, know))
        if len(found) >= _QUOTED:
            break
    return list(found.values())[:_QUOTED]
