"""The hierarchy as a tree of items: opened along one path, with the siblings of everything on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

from ..core.concept import Condition
from ..core.errors import UnknownConcept
from ..core.knowledge import Knowledge
from .scene import Scene

# A branch shows so many at once; the last item then offers the rest.
_SHOWN = 200

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A concept where it stands in the tree: one that has two parents stands in two places.

    `diseases`: how many lie beneath, 0 for a disease. `pending`: numbers of open proposals about it. `branch`: what
    lies beneath, where it is opened.
    """

    path: Path
    label: str
    condition: Condition | None
    diseases: int
    place: int
    of: int
    url: str
    pending: tuple[int, ...] = ()
    chosen: bool = False
    branch: Branch | None = None

    @property
    def dom(self) -> str:
        """The id of its element: by path, for there may be two of one concept."""
        return "t-" + quote("/".join(self.path), safe="/")

    @property
    def told(self) -> str:
        """What a screen reader says of it."""
        parts = [self.label, self.condition.value if self.condition else "mixed"]
        if self.diseases:
            parts.append(f"{self.diseases:,} {'disease' if self.diseases == 1 else 'diseases'}")
        if self.pending:
            parts.append("in review")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Branch:
    """What lies under one path, from the item `start` on. `rest`: how many are not shown yet."""

    path: Path
    start: int
    items: tuple[Item, ...]
    rest: int

    @property
    def next(self) -> int:
        return self.start + len(self.items)

    @property
    def dom(self) -> str:
        """The id of the item that offers the rest."""
        return "t-" + quote(self.at, safe="/") + f"/+{self.next}"

    @property
    def focus(self) -> str:
        """The id of the item that Tab leads to: the chosen one, else the first."""
        return self._chosen() or (self.items[0].dom if self.items else "")

    def _chosen(self) -> str:
        for item in self.items:
            if item.chosen:
                return item.dom
            if item.branch is not None and (found := item.branch._chosen()):
                return found
        return ""

    @property
    def at(self) -> str:
        """The path as addresses have it."""
        return "/".join(self.path)


class Tree:
    """Builds items of one state of the knowledge.

    Args:
        pending: concept id -> numbers of the open proposals about it.
    """

    def __init__(self, scene: Scene, pending: Mapping[str, tuple[int, ...]]) -> None:
        self._scene = scene
        self._know = scene.know
        self._pending = pending

    def opened(self, chosen: Path = ()) -> Branch:
        """The whole from its top, opened along the path of the chosen item, which is opened itself too."""
        return self._branch((), chosen)

    def branch(self, path: Path, start: int = 0) -> Branch:
        """What lies under a path, closed; the top groups where it is empty.

        Raises:
            UnknownConcept: this path does not lead from the top downwards.
        """
        if path and not is_path(self._know, path):
            raise UnknownConcept("the hierarchy has no such branch any more; load the page again")
        return self._branch(path, (), start)

    def _branch(self, path: Path, chosen: Path, start: int = 0) -> Branch:
        know = self._know
        ids = know.children(path[-1]) if path else know.taxonomy.tops
        ordered = sorted(ids, key=lambda id_: know.label(id_).casefold())
        depth = len(path)
        on_way = chosen[depth] if len(chosen) > depth and chosen[:depth] == path else ""
        end = start + _SHOWN
        if on_way in ordered:
            end = max(end, ordered.index(on_way) + 1)
        shown = ordered[start:end]
        items = tuple(
            self._item((*path, id_), place, len(ordered), chosen if id_ == on_way else ())
            for place, id_ in enumerate(shown, start + 1)
        )
        return Branch(path, start, items, len(ordered) - start - len(shown))

    def _item(self, path: Path, place: int, of: int, chosen: Path) -> Item:
        know, id_ = self._know, path[-1]
        below = know.children(id_)
        return Item(
            path,
            know.label(id_),
            know.condition(id_),
            know.taxonomy.count_leaves(id_) if below else 0,
            place,
            of,
            self._scene.concept_url(id_, under=under_of(know, path)),
            self._pending.get(id_, ()),
            chosen == path,
            self._branch(path, chosen) if below and chosen else None,
        )


def is_path(know: Knowledge, path: Path) -> bool:
    """Whether a path leads from a top concept downwards, one parent at a time."""
    if not path or any(id_ not in know.concepts for id_ in path) or know.concepts[path[0]].parents:
        return False
    return all(above in know.concepts[below].parents for above, below in pairwise(path))


def path_of(know: Knowledge, id_: str, under: str = "") -> Path:
    """Where in the tree a concept is shown: under what it was reached by, where that is a way to it, else on its
    lineage.

    Args:
        under: a parent's id, or the whole path to it with slashes between.
    """
    steps = tuple(under.split("/")) if under else ()
    if len(steps) == 1 and steps[0] in know.concepts:
        steps = know.lineage(steps[0])
    path = (*steps, id_)
    return path if is_path(know, path) else know.lineage(id_)


def under_of(know: Knowledge, path: Path) -> str:
    """The shortest word for how a concept was reached (`path_of` reads it): nothing where it is its lineage."""
    if path == know.lineage(path[-1]):
        return ""
    above = path[:-1]
    return above[-1] if above == know.lineage(above[-1]) else "/".join(above)
