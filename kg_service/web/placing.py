"""From the forms that move, merge, split and retire a concept to the changes they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from starlette.datastructures import FormData

from ..core.change import Change, Merge, Move, Retire, Split
from ..core.concept import Concept
from ..core.errors import RequestInvalid
from ..editorial.working import Working
from ..exchange.wording import short_id
from ..wire.changes import MAX_LINE
from .forms import condition_of, field, fields, lines, one_line

How = Literal["move", "merge", "split", "retire"]
MAX_PARTS = 6


def changes_of(how: How, form: FormData, concept: Concept, draft: Working) -> list[Change]:
    """What a form means; nothing where nothing is chosen yet.

    Raises:
        RequestInvalid: a field says what it cannot.
    """
    match how:
        case "move":
            parents = tuple(dict.fromkeys(fields(form, "parent")))
            return [Move(concept.id, parents)] if parents != concept.parents else []
        case "merge":
            into = field(form, "into")
            return [Merge(concept.id, into)] if into else []
        case "retire":
            note = one_line(field(form, "message"))[:MAX_LINE]  # the proposal keeps all of it
            return [Retire(concept.id, tuple(dict.fromkeys(fields(form, "instead"))), note)]
        case "split":
            return _split(form, concept, draft)


def _split(form: FormData, concept: Concept, draft: Working) -> list[Change]:
    parts = _parts(form, {*draft.content.concepts, *draft.content.retired})
    if len([part for part in parts.values() if part]) < 2:
        return []
    changes: list[Change] = [Split(concept.id, tuple(part for part in parts.values() if part))]
    for child, place in zip(form.getlist("child"), form.getlist("child-part"), strict=False):
        part = parts.get(str(place))
        stated = draft.content.concepts.get(str(child))
        if part is None or stated is None or concept.id not in stated.parents:
            raise RequestInvalid("Say for each member which part it goes to; the part needs a name.")
        parents = tuple(part.id if parent == concept.id else parent for parent in stated.parents)
        changes.append(Move(stated.id, parents))
    return changes


def _parts(form: FormData, taken: set[str]) -> Mapping[str, Concept | None]:
    """The parts by their numbers in the form; None for one without a name."""
    found: dict[str, Concept | None] = {}
    columns = [form.getlist(name)[:MAX_PARTS] for name in ("part-label", "part-alt", "part-condition")]
    for number, (label, alt, condition) in enumerate(zip(*columns, strict=False), 1):
        name = one_line(str(label))
        if not name:
            found[str(number)] = None
            continue
        id_ = short_id(name, taken)
        taken.add(id_)
        found[str(number)] = Concept(id_, name, condition=condition_of(str(condition)), alt_labels=lines(str(alt)))
    return found
