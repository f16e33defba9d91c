"""What an edit would do, for the impact panel: asked of the core, with the images that datasets registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..core.content import Content
from ..core.errors import SkinR1Error
from ..core.impact import impact
from ..core.impacts import Impact
from ..core.knowledge import Knowledge
from ..core.naming import Naming
from ..editorial.inbox.datasets import label_counts
from ..editorial.working import Working
from .scene import Scene
from .wording import problem


def impact_between(scene: Scene, before: Knowledge, after: Knowledge) -> Impact:
    """What it does to put one state of the knowledge in the place of another."""
    with scene.database.reading() as session:
        images = label_counts(session)
    return impact(before, after, images)


def naming_after(scene: Scene, after: Knowledge | Content) -> Naming:
    """How sentences about an edit name things: as the page does, and what the edit adds as it will be called."""
    return Naming.by_labels(scene.know, after, scene.views.newest.knowledge)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an edit would do to what stands now, with the names for it; or why it cannot be made."""

    found: Impact | None = None
    call: Naming | None = None
    blocked: str = ""
    findings: tuple[str, ...] = ()

    @classmethod
    def of(cls, scene: Scene, made: Callable[[], tuple[Working, Working]]) -> Outcome:
        """
        Args:
            made: gives the draft as it is, and as it would be.
        """
        try:
            draft, after = made()
        except SkinR1Error as error:
            return cls(None, None, *problem(error, scene.know, scene.views.newest.knowledge))
        return cls(impact_between(scene, draft.knowledge, after.knowledge), naming_after(scene, after.knowledge))
