"""A file that somebody brings, compared with the draft, as the page shows it and proposes it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from ..api.exchanging import MEDIA_TYPES, planned
from ..core.errors import RequestInvalid
from ..core.impacts import Impact
from ..core.naming import Naming
from ..core.telling import told
from ..editorial.working import Working
from ..wire.changes import write_changes
from ..wire.imports import MAX_FINDINGS, ImportFormat, ImportMode
from .forms import field, one_line
from .impact import impact_between, naming_after
from .scene import Scene
from .sentences import Pieces, all_pieces, linking
from .wording import by_names

if TYPE_CHECKING:
    from ..exchange.planning import Plan
    from ..exchange.reading import Upload

# "Sheet, row 5 (the name in it): what is wrong".
_PLACED = re.compile(r"([^(:]*|.*?\)): (.*)", re.DOTALL)
# By the end of a file's name.
_FORMATS: Mapping[str, ImportFormat] = {MEDIA_TYPES[format][1]: format for format in get_args(ImportFormat)}
_MODE = TypeAdapter(ImportMode)
# What a person reads of an import; the impact of more changes takes seconds and is read by nobody.
_MOST_TOLD = 1_000
_MOST_WEIGHED = 500


@dataclass(frozen=True)
class Brought:
    """What a file would do to the draft.

    Args:
        rows: how many it has.
        after: the draft with it.
    """

    name: str
    rows: int
    plan: Plan
    draft: Working
    after: Working

    @property
    def changes(self) -> int:
        return len(self.plan.changes)

    @property
    def seen(self) -> str:
        """What tells one set of changes from another: nothing may be proposed that its author was not shown."""
        return hashlib.sha256(write_changes(self.plan.changes).encode()).hexdigest()[:32]

    def naming(self, scene: Scene) -> Naming:
        return naming_after(scene, self.after.knowledge)

    @property
    def sentences(self) -> tuple[Pieces, ...]:
        """The changes in words, the first thousand."""
        before, call = self.draft.knowledge, linking(self.draft.knowledge, self.after.knowledge)
        return all_pieces([told(change, before, call) for change in self.plan.changes[:_MOST_TOLD]])

    @property
    def findings(self) -> tuple[tuple[str, str], ...]:
        """(sheet and row, why it is left out), the first thousand."""
        return tuple(self._finding(each.removeprefix(f"{self.name}, ")) for each in self.plan.findings[:MAX_FINDINGS])

    def _finding(self, text: str) -> tuple[str, str]:
        where, what = match.groups() if (match := _PLACED.fullmatch(text)) else ("", text)
        # A row is called by the name that the file gives it; only what is said of it names concepts by their ids.
        return where[:1].upper() + where[1:], by_names(what, self.draft.knowledge, self.after.knowledge)

    def impact(self, scene: Scene) -> Impact | None:
        """None where nothing changes, or too much for anybody to read."""
        if not 0 < self.changes <= _MOST_WEIGHED:
            return None
        return impact_between(scene, self.draft.knowledge, self.after.knowledge)


def brought(scene: Scene, form: FormData, file: Upload) -> Brought:
    """Compare a file with the draft, as its form says.

    Raises:
        RequestInvalid: the form or the name of the file does not say how to read it.
        KnowledgeInvalid: the file cannot be read; the findings say where.
        UnknownConcept, RequestTooLarge: as `planned`.
    """
    draft = scene.desk.draft()
    try:
        mode = _MODE.validate_python(field(form, "mode") or "edit")
    except ValidationError as error:
        raise RequestInvalid("say whether the file edits or adds") from error
    source, under = one_line(field(form, "source"))[:2_000], field(form, "home")[:200]
    rows, plan = planned(draft, file, _format_of(file.name), mode, source=source, under=under)
    after = scene.desk.preview(plan.changes, draft) if plan.changes else draft
    return Brought(file.name, rows, plan, draft, after)


def _format_of(name: str) -> ImportFormat:
    for suffix, format in _FORMATS.items():
        if name.lower().endswith(suffix):
            return format
    raise RequestInvalid(f"{name} ends in none of {', '.join(_FORMATS)}; save it as one of these and choose it again")
