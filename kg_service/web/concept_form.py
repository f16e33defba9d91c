"""What the form of a concept says, and the concept it means. What its author did not touch stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from ..core.change import Change, concept_changes
from ..core.concept import REVIEWED, UNREVIEWED, Concept, Polarity
from ..core.content import Content
from ..core.errors import RequestInvalid
from ..core.facets import overwritten
from ..core.naming import Naming
from .codes import code_of, iri_of
from .forms import condition_of, field, lines, one_line, plain, polarity_of
from .forms import fields as values

_CONCEPT = TypeAdapter(Concept)
NEW = Concept("", "")  # what the form of a new concept shows at first

# What the form calls each of its fields.
FIELDS = {
    "label": "Name",
    "alt": "Synonyms",
    "hidden": "Hidden names",
    "ambiguous": "Shared names",
    "definition": "Definition",
    "condition": "Condition",
    "profile": "Features",
    "exact": "Same in other vocabularies",
    "close": "Close in other vocabularies",
    "source": "Source",
    "reviewed": "Review",
    "parents": "Lies under",
}
# Part of a concept (`core.facets`) -> the fields that state it.
_FIELDS_OF = {
    "preferred label": ("label",),
    "labels": ("alt", "hidden", "ambiguous"),
    "condition": ("condition",),
    "features": ("profile",),
    "description": ("definition", "exact", "close", "source", "reviewed"),
    "parents": ("parents",),
}


@dataclass(frozen=True, slots=True)
class ConceptForm:
    """The fields as they are typed: lists have one entry on each line.

    `keeps_name`: a name that is changed stays as a synonym.
    """

    label: str = ""
    alt: str = ""
    hidden: str = ""
    ambiguous: str = ""
    definition: str = ""
    condition: str = ""
    exact: str = ""
    close: str = ""
    source: str = ""
    reviewed: bool = False
    profile: tuple[tuple[str, str], ...] = ()
    parents: tuple[str, ...] = ()
    keeps_name: bool = True

    @classmethod
    def of(cls, concept: Concept) -> ConceptForm:
        """A concept as the form shows it."""
        return cls(
            label=plain(concept.pref_label),
            alt=_written(concept.alt_labels),
            hidden=_written(concept.hidden_labels),
            ambiguous=_written(concept.ambiguous_labels),
            definition=plain(concept.definition),
            condition=concept.condition.value if concept.condition else "",
            exact=_written(map(code_of, concept.exact_match)),
            close=_written(map(code_of, concept.close_match)),
            source=plain(concept.source),
            reviewed=concept.review_status == REVIEWED,
            profile=tuple((feature, polarity.value) for feature, polarity in concept.profile),
            parents=concept.parents,
        )

    @classmethod
    def read(cls, form: FormData, was: Concept) -> ConceptForm:
        """What was sent. Only the form of a new concept says where it lies."""
        features, polarities = form.getlist("feature"), form.getlist("polarity")
        rows = [(str(f), str(p)) for f, p in zip(features, polarities, strict=False) if f and p]
        text = {name: plain(field(form, name)) for name in _TEXTS}
        return cls(
            **text,
            reviewed=bool(field(form, "reviewed")),
            profile=tuple(dict(rows).items()),
            parents=was.parents if was.id else tuple(dict.fromkeys(values(form, "parent"))),
            keeps_name=bool(field(form, "keeps-name")),
        )

    def concept(self, was: Concept) -> Concept:
        """The concept that the form means.

        Args:
            was: what the form showed at first. What still says the same is taken from it.

        Raises:
            RequestInvalid: a field says what it cannot.
        """
        shown = ConceptForm.of(was)
        said = {
            part: make(getattr(self, name))
            for name, (part, make) in _PARTS.items()
            if getattr(self, name) != getattr(shown, name)
        }
        made = replace(was, **said)
        if not made.pref_label:
            raise RequestInvalid("the name is empty; a concept needs one")
        if made.pref_label == was.pref_label:
            return made
        # A name that is preferred is no synonym besides; the one it follows may stay findable.
        alt = [label for label in made.alt_labels if label != made.pref_label]
        if self.keeps_name and was.pref_label and was.pref_label not in (*alt, *made.hidden_labels):
            alt.append(was.pref_label)
        return replace(made, alt_labels=tuple(alt))

    def rebased(self, was: Concept, now: Concept) -> ConceptForm:
        """The same edit of what stands now: what its author did not touch is as others have left it."""
        shown, current = ConceptForm.of(was), ConceptForm.of(now)
        touched = {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) != getattr(shown, each.name)
        }
        return replace(current, **{**touched, "keeps_name": self.keeps_name})

    def text(self, name: str, call: Naming) -> str:
        """One field as a person reads it."""
        value = getattr(self, name)
        match name:
            case "profile":
                return "\n".join(sorted(f"{call.feature(feature)} {polarity}" for feature, polarity in value))
            case "parents":
                return "\n".join(map(call.concept, value))
            case "reviewed":
                return REVIEWED if value else UNREVIEWED
            case _:
                return value


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else has changed too, or that hangs together with one: what it was, what it is now, and
    what the author of the form wrote."""

    name: str
    was: str
    now: str
    mine: str


def clashes(changes: list[Change], was: Concept, now: Concept, mine: Concept, call: Naming) -> tuple[Clash, ...]:
    """The fields in which an edit would overwrite what others have said since; none where both can stand."""
    seen = [overwritten(changes, Content({each.id: each}, {}, {}, {})) for each in (was, now, mine)]
    parts = [
        facet.aspect for facet, before in seen[0].items() if before != seen[1][facet] != seen[2][facet]
    ]  # where both wrote the same, nothing is lost
    forms = [ConceptForm.of(each) for each in (was, now, mine)]
    found = []
    for name in (name for part in parts for name in _FIELDS_OF[part]):
        texts = [form.text(name, call) for form in forms]
        if len(set(texts)) > 1:
            found.append(Clash(FIELDS[name], *texts))
    return tuple(found)


def edit(said: ConceptForm, was: Concept) -> tuple[Concept, list[Change]]:
    """The concept that a form means, and the changes that make it so.

    Raises:
        RequestInvalid: a field says what it cannot.
    """
    mine = said.concept(was)
    content, needed = Content({was.id: was}, {}, {}, {}), []
    for change in concept_changes(was, mine):
        after = change.apply(content)
        if after != content:  # a renaming alone keeps the old name
            needed.append(change)
        content = after
    return mine, needed


def kept(concept: Concept) -> str:
    """A concept for a hidden field, so that what its author saw at first comes back with the form."""
    return _CONCEPT.dump_json(concept).decode()


def first_seen(form: FormData, id_: str) -> Concept:
    """What the form showed at first.

    Raises:
        RequestInvalid: the form does not say.
    """
    try:
        was = _CONCEPT.validate_json(field(form, "was"))
    except ValidationError as error:
        raise RequestInvalid("this form does not say which state it edits; open it again") from error
    if was.id != id_:
        raise RequestInvalid("this form is about another concept; open it again")
    return was


# -- texts -------------------------------------------------------------------------------------------------------


def _written(items: Iterable[str]) -> str:
    return plain("\n".join(items))


def _profile(rows: tuple[tuple[str, str], ...]) -> tuple[tuple[str, Polarity], ...]:
    return tuple((feature, said) for feature, polarity in rows if (said := polarity_of(polarity)))


def _codes(text: str) -> tuple[str, ...]:
    return tuple(map(iri_of, lines(text)))


def _review(reviewed: bool) -> str:
    return REVIEWED if reviewed else UNREVIEWED


_PARTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "label": ("pref_label", one_line),
    "alt": ("alt_labels", lines),
    "hidden": ("hidden_labels", lines),
    "ambiguous": ("ambiguous_labels", lines),
    "definition": ("definition", str),
    "condition": ("condition", condition_of),
    "exact": ("exact_match", _codes),
    "close": ("close_match", _codes),
    "source": ("source", one_line),
    "reviewed": ("review_status", _review),
    "profile": ("profile", _profile),
    "parents": ("parents", tuple),
}
_TEXTS = ("label", "alt", "hidden", "ambiguous", "definition", "condition", "exact", "close", "source")
