"""What an edit would do, for the impact panel: asked of the core, with the images that datasets registered."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.change import Change
from ..core.impact import impact
from ..core.impacts import Impact
from ..core.knowledge import Knowledge
from ..core.naming import Naming
from ..editorial.inbox.datasets import label_counts
from .scene import Scene


def impact_between(scene: Scene, before: Knowledge, after: Knowledge) -> Impact:
    """What it does to put one state of the knowledge in the place of another."""
    with scene.database.reading() as session:
        images = label_counts(session)
    return impact(before, after, images)


def preview(scene: Scene, changes: Sequence[Change]) -> Impact:
    """What some changes would do to the draft.

    Raises:
        UnknownConcept, KnowledgeInvalid, CycleFound: they cannot be made.
    """
    draft = scene.desk.draft()
    return impact_between(scene, draft.knowledge, scene.desk.preview(changes, draft).knowledge)


def naming_after(scene: Scene, after: Knowledge) -> Naming:
    """How sentences about an edit name things: as the page does, and what the edit adds as it will be called."""
    return Naming.by_labels(scene.know, after, scene.views.newest.knowledge)
