"""What a change overwrites, part by part: what goes and what comes, down to the words of a definition."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ..core.concept import Concept, Condition, CrosswalkEntry, Differential, Feature, Retired
from ..core.content import Content
from ..core.naming import concept_name, feature_name
from .codes import code_of
from .sentences import Piece

Fate = Literal["same", "del", "ins"]

_WORDS = re.compile(r"\s+|[^\s]+")
# Beyond this many words comparing them takes longer than anybody wants to wait.
_MANY_WORDS = 1_500


@dataclass(frozen=True, slots=True)
class Span:
    """Something that stays, goes or comes."""

    fate: Fate
    piece: Piece


@dataclass(frozen=True, slots=True)
class Row:
    """One part of an item. `running`: the spans are one text; otherwise they are a list."""

    title: str
    spans: tuple[Span, ...]
    running: bool = False


@dataclass(frozen=True, slots=True)
class ItemDiff:
    """What an edit does to one item, by its name. No row where only what nobody reads differs."""

    name: tuple[Piece, ...]
    rows: tuple[Row, ...]


def diffs(before: Content, after: Content, most: int) -> tuple[tuple[ItemDiff, ...], int]:
    """What differs between two states, item by item.

    Args:
        most: of the items; telling all of a large merge helps nobody.

    Returns:
        The first items, and how many more there are.
    """
    from ..store.nodes import items_between

    items = items_between(before, after)
    found: list[ItemDiff] = []
    for id_ in sorted(items.concepts):
        old, new = before.concepts.get(id_), after.concepts.get(id_)
        name = (old or new or after.retired.get(id_) or before.retired[id_]).pref_label
        rows = [*_concept(old, new, before, after), *_retired(before.retired.get(id_), after.retired.get(id_), after)]
        found.append(ItemDiff((Piece(name, concept=id_),), tuple(rows)))
    for id_ in sorted(items.features):
        old_feature, new_feature = before.features.get(id_), after.features.get(id_)
        name = (new_feature or old_feature or before.features[id_]).pref_label
        found.append(ItemDiff((Piece(name, feature=id_),), tuple(_feature(old_feature, new_feature))))
    for id_ in sorted(items.differentials):
        old_edge, new_edge = before.differentials.get(id_), after.differentials.get(id_)
        edge = old_edge or new_edge or before.differentials[id_]
        pair = (_called(edge.a, before, after), Piece(" and "), _called(edge.b, before, after))
        found.append(ItemDiff(pair, tuple(_differential(old_edge, new_edge, before, after))))
    for key in sorted(items.crosswalk):
        old_entry, new_entry = before.crosswalk.get(key), after.crosswalk.get(key)
        name = f"‘{key[1]}’ of {key[0]}"
        found.append(ItemDiff((Piece(name),), tuple(_entry(old_entry, new_entry, before, after))))
    told = [each for each in found if each.rows]
    return tuple(told[:most]), max(0, len(told) - most)


# -- items -------------------------------------------------------------------------------------------------------


def _concept(old: Concept | None, new: Concept | None, before: Content, after: Content) -> Iterator[Row]:
    if new is None:
        return
    was = old or Concept(new.id, "")
    yield from _text("Name", was.pref_label, new.pref_label)
    yield from _names("Under", was.parents, new.parents, before, after)
    if was.condition is not new.condition:
        yield Row("Condition", (*_condition("del", was.condition, old is None), *_condition("ins", new.condition)))
    yield from _list("Synonyms", was.alt_labels, new.alt_labels)
    yield from _list("Hidden labels", was.hidden_labels, new.hidden_labels)
    yield from _list("Ambiguous labels", was.ambiguous_labels, new.ambiguous_labels)
    yield from _words("Definition", was.definition, new.definition)
    yield from _profile(was, new, before, after)
    yield from _list("Same as", map(code_of, was.exact_match), map(code_of, new.exact_match))
    yield from _list("Close to", map(code_of, was.close_match), map(code_of, new.close_match))
    yield from _text("Source", was.source, new.source)
    if old is not None:
        yield from _text("Status", was.review_status, new.review_status)


def _condition(fate: Fate, condition: Condition | None, new: bool = False) -> Iterator[Span]:
    if not new:
        yield Span(fate, Piece(condition.value if condition else "derived from its members"))


def _retired(old: Retired | None, new: Retired | None, after: Content) -> Iterator[Row]:
    if old == new:
        return
    if new is None:
        yield Row("In use", (Span("del", Piece("retired")),))
        return
    yield Row("In use", (Span("ins", Piece("retired")),))
    if new.replaced_by:
        spans = (Span("ins", _called(id_, after, after)) for id_ in new.replaced_by)
        yield Row("Stands for it", tuple(spans))
    yield from _text("Reason", old.note if old else "", new.note)


def _profile(old: Concept, new: Concept, before: Content, after: Content) -> Iterator[Row]:
    def signs(concept: Concept) -> list[str]:
        stated = sorted((_sign(id_, before, after).text, how.value) for id_, how in concept.profile)
        return [f"{sign} {how}" for sign, how in stated]

    yield from _list("Features", signs(old), signs(new))


def _feature(old: Feature | None, new: Feature | None) -> Iterator[Row]:
    if new is None:
        yield Row("In use", (Span("del", Piece("removed")),))
        return
    was = old or Feature("", "", new.kind)
    yield from _text("Name", was.pref_label, new.pref_label)
    yield from _text("Kind", was.kind.value if old else "", new.kind.value)
    yield from _list("Synonyms", was.alt_labels, new.alt_labels)
    yield from _words("Definition", was.definition, new.definition)
    yield from _list("Close to", map(code_of, was.close_match), map(code_of, new.close_match))
    yield from _text("Source", was.source, new.source)
    if old is not None:
        yield from _text("Status", was.review_status, new.review_status)


def _differential(old: Differential | None, new: Differential | None, before: Content, after: Content) -> Iterator[Row]:
    was = [_sign(id_, before, after) for id_ in (old.features if old else ())]
    now = [_sign(id_, before, after) for id_ in (new.features if new else ())]
    yield from _pieces("Told apart by", was, now)
    yield from _text("Confused", old.strength.value if old else "", new.strength.value if new else "")
    yield from _text("Source", old.source if old else "", new.source if new else "")
    if old is not None and new is not None:
        yield from _text("Status", old.review_status, new.review_status)


def _entry(old: CrosswalkEntry | None, new: CrosswalkEntry | None, before: Content, after: Content) -> Iterator[Row]:
    def meant(entry: CrosswalkEntry | None) -> list[Piece]:
        if entry is None:
            return [Piece("by its ordinary names")]
        return [_called(id_, before, after) for id_ in entry.concepts] or [Piece("not a disease")]

    yield from _pieces("Means", meant(old), meant(new))
    yield from _text("Source", old.source if old else "", new.source if new else "")


# -- parts -------------------------------------------------------------------------------------------------------


def _called(id_: str, *states: Content) -> Piece:
    return Piece(concept_name(id_, *states), concept=id_)


def _sign(id_: str, *states: Content) -> Piece:
    return Piece(feature_name(id_, *states), feature=id_)


def _text(title: str, old: str, new: str) -> Iterator[Row]:
    if old != new:
        gone = (Span("del", Piece(old)),) if old else ()
        came = (Span("ins", Piece(new)),) if new else ()
        yield Row(title, (*gone, *came))


def _list(title: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Row]:
    """Only what goes and comes: what stays among twenty synonyms is in the way."""
    was, now = list(old), list(new)
    gone = [Span("del", Piece(text)) for text in was if text not in now]
    came = [Span("ins", Piece(text)) for text in now if text not in was]
    if gone or came:
        yield Row(title, (*gone, *came))


def _names(title: str, old: Sequence[str], new: Sequence[str], before: Content, after: Content) -> Iterator[Row]:
    yield from _pieces(title, [_called(i, before, after) for i in old], [_called(i, after, before) for i in new])


def _pieces(title: str, old: Sequence[Piece], new: Sequence[Piece]) -> Iterator[Row]:
    if list(old) != list(new):
        yield Row(title, tuple(Span(fate, piece) for fate, listed in _runs(old, new) for piece in listed))


def _words(title: str, old: str, new: str) -> Iterator[Row]:
    if old == new:
        return
    was, now = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(was), len(now)) > _MANY_WORDS:
        yield from _text(title, old, new)
        return
    yield Row(title, tuple(Span(fate, Piece("".join(run))) for fate, run in _runs(was, now)), running=True)


def _runs(old: Sequence, new: Sequence) -> Iterator[tuple[Fate, Sequence]]:
    """What stays, goes and comes, in order."""
    hashable: tuple[Sequence[Hashable], Sequence[Hashable]] = old, new
    for op, a, b, c, d in SequenceMatcher(None, *hashable, autojunk=False).get_opcodes():
        if op == "equal":
            yield "same", old[a:b]
            continue
        if b > a:
            yield "del", old[a:b]
        if d > c:
            yield "ins", new[c:d]
