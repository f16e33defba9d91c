"""The log as people read it: what was done, who proposed and accepted it, which release holds it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session

from ..editorial import history, proposals, repository
from ..editorial.models import Proposal, Review
from ..editorial.opening import IMPORTER
from ..editorial.repository import ChangeRow, ReleaseRow
from ..editorial.working import Working
from ..store.statement import CONCEPT_BASE
from .proposal import Titles
from .scene import Scene
from .sentences import capitalised

_ABOUT = 6  # concepts named beside a change


@dataclass(frozen=True, slots=True)
class Logged:
    """A change in a list, or by itself.

    Args:
        about: the concepts it was about, the first few.
        release: that first held it; None where it waits for the next.
    """

    row: ChangeRow
    title: str
    more: int
    proposal: Proposal | None
    review: Review | None
    about: tuple[str, ...]
    release: ReleaseRow | None

    @property
    def is_import(self) -> bool:
        return self.row.author == IMPORTER and self.proposal is None


def logged(session: Session, scene: Scene, draft: Working, rows: Collection[ChangeRow]) -> list[Logged]:
    """Some changes of the log for people."""
    numbers = [row.proposal for row in rows if row.proposal is not None]
    made, reviews = proposals.by_number(session, numbers), proposals.reviews(session, numbers)
    edits = [row.seq for row in rows if row.proposal is not None]
    about = history.touched(session, edits, base=CONCEPT_BASE, most=_ABOUT)
    releases = repository.releases(session)
    titles: Titles = scene.request.app.state.titles
    found = []
    for row in rows:
        proposal = made.get(row.proposal or 0)
        title, more = (capitalised(row.message), 0) if proposal is None else titles.of(session, draft, proposal)
        named = tuple(about.get(row.seq, ()))
        review = reviews.get(row.proposal or 0)
        found.append(Logged(row, title, more, proposal, review, named, history.release_of(row.seq, releases)))
    return found
