"""How far a word of denial or doubt reaches: "no scale or crust, but a red border" denies two signs of three.

The method is that of NegEx (Chapman et al., J Biomed Inform 2001;34:301-310) and ConText (Harkema et al., J Biomed
Inform 2009;42:839-851): cue phrases, the direction each looks in, and words and punctuation that end its reach. The
lists are our own, made for descriptions of the skin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from .fold import words


class Cue(Enum):
    """What a phrase does to the names around it."""

    DENIES_NEXT = "no scale"
    DENIES_LAST = "scale is wanting"
    DENIES = "absent scale, scale is absent"
    DOUBTS_NEXT = "perhaps a nevus"
    DOUBTS_BOTH = "scale may be present"
    NOTHING = "not only scale"


@dataclass(frozen=True, slots=True)
class Found:
    """A cue phrase in a text: the half-open range of its words."""

    first: int
    last: int
    cue: Cue


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a text in their normal form, and where each stands in it (characters). Three columns, shape (n,)."""

    words: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]


_SEEN = (
    "seen", "present", "found", "observed", "noted", "visible", "apparent", "evident", "encountered", "noticed",
    "detected", "palpable", "demonstrable", "met with",
)  # fmt: skip
_COMMON = ("infrequent", "infrequently", "uncommon", "uncommonly", "unusual", "unusually", "rare", "rarely", "seldom")

_PHRASES: dict[Cue, Sequence[str]] = {
    Cue.DENIES_NEXT: (
        "no", "not", "without", "lacks", "lack of", "lacking", "absence of", "neither", "nor", "never", "rather than",
        "instead of", "free from", "free of", "devoid of", "exempt from",
    ),
    Cue.DENIES_LAST: (
        "is wanting", "are wanting", "being wanting", "is lacking", "are lacking", "is missing", "are missing", "nil",
        *(f"{never} {seen}" for never in ("not", "never") for seen in _SEEN),
        *(f"{never} be {seen}" for never in ("not", "cannot") for seen in _SEEN),
    ),
    Cue.DENIES: ("absent",),
    Cue.DOUBTS_NEXT: (
        "perhaps", "possibly", "possible", "probably", "probable", "presumably", "presumed", "suspected", "likely",
        "suggestive of", "suggests", "suggesting", "suspicious for", "suspicious of", "suspicion of", "so-called",
        "resembles", "resembling", "resemble", "resemblance to", "simulates", "simulating", "simulate", "mimics",
        "mimicking", "reminiscent of", "similar to", "consistent with", "compatible with", "mistaken for",
        "confounded with", "confused with", "rule out", "to exclude", "cannot exclude", "not exclude", "not unlike",
        "not necessarily", "question of", "apparently", "seems", "supposed", "presence or absence of",
        "absence or presence of", "with or without",
    ),
    Cue.DOUBTS_BOTH: ("may", "may or may not", "might", "could", "doubtful", "questionable", "uncertain"),
    Cue.NOTHING: (
        "not only", "not merely", "not alone", "no doubt", "no less", "no more than", "not more than", "not wanting",
        "never wanting", "rarely wanting", "seldom wanting", "never absent", "rarely absent", "seldom absent",
        "not absent", "without exception", "without treatment", "without doubt", "whether or not",
        *(f"not {common}" for common in _COMMON),
    ),
}  # fmt: skip
PHRASES: dict[tuple[str, ...], Cue] = {words(phrase): cue for cue, said in _PHRASES.items() for phrase in said}


def _folded(text: str) -> frozenset[str]:
    return frozenset(words(text))


_ENDS = _folded(
    "but however although though while whilst whereas yet except unlike because which who whose that when if then with"
)
# A stretch with one of these says something of its own; it is no further item of what is denied.
_CLAUSE = _folded(
    "is are was were has have had shows show appears appear occurs occur begins begin becomes become consists consist"
    " develops develop presents involves affects runs tends forms remains there it they this these sometimes attended"
    " accompanied followed having being becoming disappearing leaving"
)
_BE = _folded("is are was were be been being usually often always generally frequently commonly entirely")
_NAMED = _folded("the its their")
_OPENS = _NAMED | _folded("a an")
_LINKS = _folded("and")
_JOINS = _folded("and or nor")
_HARD = re.compile(r"[.;:!?—\n]")
_SENTENCE_END = re.compile(r"[.;!?]")


class Reach:
    """Which words of one text stand under a denial, and which under a doubt.

    Args:
        text: the text.
        tokens: its words.
        cues: the phrases found in it, in order of appearance, without overlaps.
    """

    def __init__(self, text: str, tokens: Tokens, cues: Iterable[Found]) -> None:
        self._text, self._tokens = text, tokens
        self._denied: list[tuple[int, int]] = []
        self._doubted: list[tuple[int, int]] = []
        for found in cues:
            match found.cue:
                case Cue.DENIES_NEXT:
                    self._denied.append(self._onward(found.last))
                case Cue.DENIES_LAST:
                    self._denied.append(self._back(found.first))
                case Cue.DENIES:
                    said_of_last = found.first > 0 and tokens.words[found.first - 1] in _BE
                    onward = (found.last, found.last) if said_of_last else self._onward(found.last)
                    self._denied.append(onward if onward[0] < onward[1] else self._back(found.first))
                case Cue.DOUBTS_NEXT:
                    self._doubted.append(self._onward(found.last))
                case Cue.DOUBTS_BOTH:
                    self._doubted += [self._back(found.first), self._onward(found.last)]
                case Cue.NOTHING:
                    pass

    def denied(self, first: int) -> bool:
        """Whether the word at a place is denied."""
        return any(start <= first < end for start, end in self._denied)

    def doubted(self, first: int) -> bool:
        """Whether the word at a place is put in doubt, or stands in a question."""
        if any(start <= first < end for start, end in self._doubted):
            return True
        if "?" not in self._text:
            return False
        closed = _SENTENCE_END.search(self._text, self._tokens.ends[first])
        return closed is not None and closed.group() == "?"

    def _between(self, place: int) -> str:
        """What stands between a word and the one before it."""
        return self._text[self._tokens.ends[place - 1] : self._tokens.starts[place]] if place else ""

    def _onward(self, first: int) -> tuple[int, int]:
        """The words from `first` to the end of what is listed or said there."""
        said = self._tokens.words
        for place in range(first, len(said)):
            gap = self._between(place)
            if _HARD.search(gap) or said[place] in _ENDS:
                return first, place
            if place == first and "," in gap and not self._inserted(place):
                return first, place
            if place > first and ("," in gap or said[place] in _LINKS) and self._new_clause(place):
                return first, place
        return first, len(said)

    def _inserted(self, place: int) -> bool:
        """Whether the words from a comma on are a few between two commas: "not, as a rule, painful"."""
        return any("," in self._between(after) for after in range(place + 1, min(place + 5, len(self._tokens.words))))

    def _new_clause(self, place: int) -> bool:
        """Whether the stretch that starts after a comma, or with "and", says something of its own."""
        said = self._tokens.words
        linked = said[place] in _LINKS
        start = place + 1 if linked else place
        if start < len(said) and said[start] in (_OPENS if linked else _NAMED):
            return True
        for after in range(start, len(said)):
            gap = self._between(after)
            if after > start and ("," in gap or _HARD.search(gap)):
                return False
            if said[after] in _CLAUSE:
                return True
        return False

    def _back(self, last: int) -> tuple[int, int]:
        """The words before `last` that are what is said to be absent: "scale and crust" in "scale and crust are"."""
        said = self._tokens.words
        listed = False
        place = last
        while place and said[place - 1] in _BE:
            place -= 1
        while place:
            gap = self._between(place)
            if place < last and (_HARD.search(gap) or ("," in gap and not listed)):
                break
            if said[place - 1] in _ENDS or said[place - 1] in _CLAUSE:
                break
            listed = listed or said[place - 1] in _JOINS
            place -= 1
        return place, last
