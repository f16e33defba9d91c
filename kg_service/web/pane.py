"""What the page of one concept shows, worked out from the core: nothing here decides anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.comparison import comparison, stated
from ..core.concept import Concept, Condition, FeatureKind, Polarity, Strength
from ..core.labels import Ambiguous
from ..editorial import proposals, repository
from ..editorial.models import Proposal
from ..store.statement import CONCEPT_BASE
from .codes import code_of
from .drawing import DRAWN, Drawing, End, draw
from .landed import Landed, Surveys
from .log import Logged, logged
from .proposal import Titles
from .scene import Scene
from .tree import Path, path_of

if TYPE_CHECKING:
    from .material import Material, Shown

# How many children are listed before the rest is asked for: the tree beside shows them too.
_CHILDREN = 60
_IMAGES = 6
_CHANGES = 5
_TELLING = 3
_STRENGTHS = tuple(Strength)


@dataclass(frozen=True, slots=True)
class Sign:
    """A feature that a concept has. `by`: the concept it is inherited from, empty for its own."""

    feature: str
    label: str
    by: str


Signs = tuple[tuple[Polarity, tuple[Sign, ...]], ...]


@dataclass(frozen=True, slots=True)
class Against:
    """A differential seen from the concept: `telling` holds (feature id, name, here, there)."""

    id: str
    label: str
    url: str
    condition: Condition | None
    strength: Strength
    telling: tuple[tuple[str, str, Polarity, Polarity], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Shared:
    """A label that means other concepts too."""

    label: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Pane:
    """Everything about one concept, as it is shown."""

    concept: Concept
    path: Path
    condition: Condition | None
    level: int
    levels: int
    diseases: int
    members: tuple[tuple[Condition, int], ...]
    also_under: tuple[str, ...]
    shared: tuple[Shared, ...]
    exact: tuple[str, ...]
    close: tuple[str, ...]
    signs: tuple[tuple[str, Signs], ...]
    drawing: Drawing
    against: tuple[Against, ...]
    against_all: int
    children: tuple[tuple[str, int], ...]
    children_all: int
    landed: tuple[Landed, ...]
    landed_below: int
    images_here: int
    images_below: int
    shown: tuple[Shown, ...]
    cases: int
    proposals: tuple[tuple[Proposal, str], ...]
    changes: tuple[Logged, ...]

    @property
    def is_group(self) -> bool:
        return self.children_all > 0


def pane_of(scene: Scene, id_: str, under: str, pending: Mapping[str, tuple[int, ...]], *, whole: bool) -> Pane:
    """
    Args:
        under: how the concept was reached (`tree.path_of`).
        pending: concept id -> numbers of open proposals.
        whole: list all children and differentials, not only the first of them.

    Raises:
        UnknownConcept, ConceptRetired: there is no such concept.
    """
    know, concept = scene.know, scene.know.concept(id_)
    children = sorted(know.children(id_), key=lambda child: know.label(child).casefold())
    leaves = know.taxonomy.leaves(id_) if children else ()
    below = know.taxonomy.downward([id_]) - {id_}
    neighbours = sorted(
        know.ddx.neighbours(id_), key=lambda n: (_STRENGTHS.index(n.strength), know.label(n.concept).casefold())
    )
    listed = neighbours if whole else neighbours[:DRAWN]
    surveys: Surveys = scene.request.app.state.surveys
    material: Material = scene.request.app.state.material
    draft = scene.desk.draft()
    with scene.database.reading() as session:
        landing = surveys.landed(session, know)
        about: list[tuple[Proposal, str]] = []
        changes: list[Logged] = []
        if scene.may("reader"):
            titles: Titles = scene.request.app.state.titles
            open_ones = [proposals.get(session, number) for number in pending.get(id_, ())]
            about = [(each, titles.of(session, draft, each)[0]) for each in open_ones]
            rows = repository.changes(session, node=CONCEPT_BASE + id_, before=_after(scene), limit=_CHANGES)
            changes = logged(session, scene, draft, rows)
    path = path_of(know, id_, under)
    return Pane(
        concept=concept,
        path=path,
        condition=know.condition(id_),
        level=know.level(id_),
        levels=int(know.taxonomy.levels.max()),
        diseases=len(leaves),
        members=_members(scene, leaves) if know.condition(id_) is None else (),
        also_under=tuple(parent for parent in concept.parents if parent not in path),
        shared=tuple(_shared(scene, id_, label) for label in concept.ambiguous_labels),
        exact=tuple(map(code_of, concept.exact_match)),
        close=tuple(code_of(iri) for iri in concept.close_match if iri not in concept.exact_match),
        signs=_signs(scene, id_),
        drawing=draw(
            concept.pref_label,
            [
                End(know.label(n.concept), scene.concept_url(n.concept), know.condition(n.concept), n.strength)
                for n in neighbours[:DRAWN]
            ],
        ),
        against=tuple(_against(scene, id_, n.concept, n.strength) for n in listed),
        against_all=len(neighbours),
        children=tuple(
            (child, know.taxonomy.count_leaves(child) if know.children(child) else 0)
            for child in (children if whole else children[:_CHILDREN])
        ),
        children_all=len(children),
        landed=landing.get(id_, ()),
        landed_below=sum(len(rows) for other, rows in landing.items() if other in below),
        images_here=sum(row.images for row in landing.get(id_, ())),
        images_below=sum(row.images for other, rows in landing.items() if other in below for row in rows),
        shown=material.cases({id_}, _IMAGES) or material.cases(below, _IMAGES),
        cases=material.count({id_, *below}),
        proposals=tuple(about),
        changes=tuple(changes),
    )


def _after(scene: Scene) -> int | None:
    """Where the history of a state that is looked at ends; the newest change where that is the draft."""
    return scene.reading.release.seq + 1 if scene.pinned else None


def _members(scene: Scene, leaves: Collection[str]) -> tuple[tuple[Condition, int], ...]:
    counted = Counter(scene.know.condition(leaf) for leaf in leaves)
    return tuple((condition, counted[condition]) for condition in Condition if counted[condition])


def _shared(scene: Scene, id_: str, label: str) -> Shared:
    found = scene.know.resolve(label)
    return Shared(label, tuple(c for c in found.concepts if c != id_) if isinstance(found, Ambiguous) else ())


def _signs(scene: Scene, id_: str) -> tuple[tuple[str, Signs], ...]:
    """By kind, and in each by polarity, from the sign that makes the diagnosis to the one that speaks against it."""
    know = scene.know
    found: dict[FeatureKind, dict[Polarity, list[Sign]]] = {}
    for feature, said in stated(know, id_).items():
        sign = Sign(feature, know.features[feature].pref_label, "" if said.by == id_ else said.by)
        found.setdefault(know.features[feature].kind, {}).setdefault(said.polarity, []).append(sign)
    return tuple(
        (
            kind.value,
            tuple(
                (polarity, tuple(sorted(signs, key=lambda sign: sign.label.casefold())))
                for polarity in Polarity
                if (signs := found[kind].get(polarity))
            ),
        )
        for kind in FeatureKind
        if kind in found
    )


def _against(scene: Scene, here: str, there: str, strength: Strength) -> Against:
    know = scene.know
    rows = comparison(know, here, there).listed
    telling = tuple(
        (row.feature, know.features[row.feature].pref_label, row.here.polarity, row.there.polarity)
        for row in rows[:_TELLING]
        if row.here is not None and row.there is not None
    )
    return Against(
        there,
        know.label(there),
        scene.concept_url(there),
        know.condition(there),
        strength,
        telling,
        len(rows) - len(telling),
    )
