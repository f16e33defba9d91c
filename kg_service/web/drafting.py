"""The draft as the pages that edit see it: what a concept is in it, and what some changes would make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..core.change import Change, all_light, apply_all
from ..core.concept import Concept
from ..core.content import Content
from ..core.errors import SkinR1Error
from ..core.impacts import Impact
from ..core.knowledge import Knowledge
from ..core.naming import Naming
from ..core.telling import told
from ..editorial import workflow
from ..editorial.publishing import DRAFT
from ..editorial.working import Working
from ..store.statement import CONCEPT_BASE
from .impact import impact_between, naming_after
from .scene import Scene
from .wording import problem


def on_draft(scene: Scene) -> Scene:
    """The scene with the draft in it, whatever the address asks for: edits are made to the draft."""
    if scene.is_draft:
        return scene
    return replace(scene, reading=scene.views.at(DRAFT), pinned="")


def standing(draft: Working, id_: str) -> Concept:
    """A concept as stated in the draft.

    Raises:
        UnknownConcept, ConceptRetired: it is none, or no longer.
    """
    return draft.content.concepts[draft.knowledge.concept(id_).id]


def edited_by(draft: Working, id_: str) -> int:
    """The last change that touched a concept, 0 where none did."""
    return draft.seq_of(CONCEPT_BASE + id_)


@dataclass(frozen=True)
class Tried:
    """Some changes tried on the draft: what they say, what they do, or why they cannot be made.

    `content` is what they would leave, sound or not; `after` the same once it has been checked.
    """

    scene: Scene
    draft: Working
    changes: Sequence[Change]
    content: Content
    after: Knowledge | None
    problem: str = ""
    findings: tuple[str, ...] = ()

    @cached_property
    def impact(self) -> Impact | None:
        return impact_between(self.scene, self.draft.knowledge, self.after) if self.after else None

    @cached_property
    def naming(self) -> Naming:
        return naming_after(self.scene, self.content)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What will be proposed, change by change."""
        return tuple(told(change, self.draft.knowledge, self.naming) for change in self.changes)

    @property
    def at_once(self) -> bool:
        """Whether sending it makes it so, without another person."""
        actor = self.scene.actor
        light = all_light(self.changes, self.draft.content, self.draft.knowledge)
        return actor is not None and workflow.goes_straight_through(actor, light=light)


def tried(scene: Scene, draft: Working, changes: Sequence[Change]) -> Tried:
    """Try some changes; nothing is stored. What cannot be made is a value here: its author is still typing."""
    content = draft.content
    try:
        content = apply_all(changes, draft.content)
        after = content.knowledge(draft.knowledge)
    except SkinR1Error as error:
        said = problem(error, draft.knowledge, content, scene.views.newest.knowledge)
        return Tried(scene, draft, changes, content, None, *said)
    return Tried(scene, draft, changes, content, after)


def untriable(scene: Scene, draft: Working, error: SkinR1Error | None = None) -> Tried:
    """A form that says nothing to try, or says it wrongly."""
    said = problem(error, draft.knowledge) if error else ("", ())
    return Tried(scene, draft, (), draft.content, None, *said)
