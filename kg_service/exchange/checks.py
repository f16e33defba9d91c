"""Cells checked one by one: each function gives the value that a cell holds, or refuses the row with its column.

Raises (all of them):
    Refused: the cell cannot be used.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from ..core.concept import REVIEWED, UNREVIEWED, Condition
from .entries import Refused
from .matching import forms_of
from .row import LONGEST_LABEL, LONGEST_SOURCE, Incoming, is_iri, is_text

Word = TypeVar("Word", bound=StrEnum)


def word_of(text: str, words: type[Word], column: str) -> Word:
    plain = " ".join(text.split()).casefold()
    if plain not in set(words):
        raise Refused(f"{text[:40]!r} is none of {', '.join(words)}", column)
    return words(plain)


def condition_in(row: Incoming) -> Condition | None:
    if row.condition is not None and not isinstance(row.condition, Condition):
        raise Refused(f"{str(row.condition)[:80]!r} is none of {', '.join(Condition)}", "condition")
    return row.condition


def checked_label(text: str, column: str) -> str:
    if not text:
        raise Refused("it is empty", column)
    if not forms_of(checked_text(text, column)):
        raise Refused(f"{text[:80]!r} has no Latin letter or digit, by which names are compared", column)
    return text


def checked_name(text: str, column: str) -> str:
    """A name of something that is no concept: letters of any script will do."""
    bare = checked_text(text, column).strip()
    if not 0 < len(bare) <= LONGEST_LABEL:
        raise Refused(f"needs 1 to {LONGEST_LABEL} letters", column)
    return bare


def checked_source(text: str, column: str) -> str:
    if len(text) > LONGEST_SOURCE:
        raise Refused(f"has more than {LONGEST_SOURCE} letters", column)
    return checked_text(text, column)


def review_word(word: str, column: str) -> str:
    if word not in (REVIEWED, UNREVIEWED):
        raise Refused(f"{word[:40]!r} is neither {REVIEWED} nor {UNREVIEWED}", column)
    return word


def checked_text(text: str, column: str) -> str:
    if not is_text(text):
        raise Refused("it holds control signs, which are no text", column)
    return text


def checked_iris(iris: tuple[str, ...], column: str) -> tuple[str, ...]:
    if wrong := [iri for iri in iris if not is_iri(iri)]:
        raise Refused(f"{wrong[0][:200]!r} is not an IRI", column)
    return iris
