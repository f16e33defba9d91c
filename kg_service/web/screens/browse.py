"""S1: the tree and the concept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...api.inboxes import InboxNow
from ...core.coverage import Coverage
from ...core.knowledge import Knowledge
from ...core.retirement import successors
from ...editorial import repository
from ...wire import MAX_QUERY
from ..finding import find_concepts
from ..landed import Surveys
from ..log import logged
from ..page import is_htmx, pages, render
from ..pane import pane_of
from ..pending import open_count
from ..scene import Scene, SceneNow
from ..tree import Tree, path_of

router = pages()

_LATELY = 6
_MEANT = 5
# A path names every group on the way.
_MAX_PATH = 4_000

Under = Annotated[str, Query(max_length=_MAX_PATH)]


@router.get("/")
def top(scene: SceneNow, inbox: InboxNow) -> Response:
    """What this is and what it holds; nothing is chosen yet."""
    surveys: Surveys = scene.request.app.state.surveys
    counted = surveys.coverage(scene.know)
    lately, waiting, unmapped = (), 0, 0
    if scene.may("reader"):
        draft = scene.desk.draft()
        with scene.database.reading() as session:
            waiting = open_count(session)
            lately = logged(session, scene, draft, repository.changes(session, limit=_LATELY))
        unmapped = sum(each.open_labels for each in inbox.tally(now=scene.now))
    return render(
        scene,
        "browse.html",
        tree=Tree(scene, _pending(scene)).opened(),
        counted=counted,
        branches=_branches(scene.know, counted),
        waiting_now=waiting,
        unmapped=unmapped,
        lately=lately,
    )


@router.get("/n/{id}")
def concept(scene: SceneNow, id: str, under: Under = "", whole: bool = False) -> Response:
    """One disease or group; beside it the tree, opened to where it stands. For htmx only the concept."""
    know = scene.know
    if id not in know.concepts and not is_htmx(scene.request):
        return _gone(scene, id) if id in know.retired else _missing(scene, id)
    pending = _pending(scene)
    pane = pane_of(scene, id, under, pending, whole=whole)
    if is_htmx(scene.request):
        return render(scene, "_concept.html", pane=pane)
    tree = Tree(scene, pending).opened(path_of(know, id, under))
    return render(scene, "concept.html", pane=pane, tree=tree)


@router.get("/tree")
def branch(scene: SceneNow, at: Under = "", start: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> Response:
    """What lies under one item of the tree, or at its top: a whole group, or its items from one on."""
    path = tuple(at.split("/")) if at else ()
    return render(scene, "_branch.html", branch=Tree(scene, _pending(scene)).branch(path, start))


def _pending(scene: Scene) -> Mapping[str, tuple[int, ...]]:
    """Concept id -> numbers of the open proposals about it, for those who may see proposals."""
    if not scene.may("reader"):
        return {}
    draft = scene.desk.draft()
    with scene.database.reading() as session:
        return scene.request.app.state.pending.by_concept(session, draft.content)


def _branches(know: Knowledge, counted: Coverage) -> list[tuple[str, int, int, int]]:
    """(top concept, diseases, groups, concepts in differentials) by name."""
    rows = [(b.concept, b.leaves, b.concepts - b.leaves, b.in_differentials) for b in counted.branches]
    return sorted(rows, key=lambda row: know.label(row[0]).casefold())


def _gone(scene: Scene, id_: str) -> Response:
    """A retired concept: what stands for it now."""
    retired = scene.know.retired[id_]
    now = successors(id_, scene.know.retired)
    tree = Tree(scene, _pending(scene)).opened(scene.know.lineage(now[0]) if len(now) == 1 else ())
    return render(scene, "retired.html", 410, retired=retired, now=now, tree=tree)


def _missing(scene: Scene, id_: str) -> Response:
    """No concept was ever called so: perhaps one that is spelt alike."""
    words = id_.replace("-", " ")[:MAX_QUERY]
    meant = find_concepts(scene.know, words, _MEANT)
    return render(scene, "missing.html", 404, meant=meant, tree=Tree(scene, _pending(scene)).opened())
