"""What a file says about diseases, compared with the knowledge: the plan of what would change.

Nothing is ever guessed. A row that could mean two things, or contradicts what stands, becomes a finding for a person
and is left out; a row that matches a concept only adds to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..core.knowledge import Knowledge
from .planning import Plan, Planner
from .row import Incoming

__all__ = ["Incoming", "Plan", "plan"]


def plan(rows: Sequence[Incoming], knowledge: Knowledge, *, source: str = "", under: str = "") -> Plan:
    """The changes that bring some rows into the knowledge.

    Args:
        rows: as a reader returned them, in the order of the file.
        source: the provenance that new concepts are given.
        under: id of the concept under which new rows without a parent are filed; empty for the top.

    Raises:
        UnknownConcept: `under` is not the id of a concept.
    """
    if under:
        knowledge.concept(under)
    return Planner([row.tidy() for row in rows], knowledge, source, under).plan()
