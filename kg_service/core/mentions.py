"""Names inside running text: the finder of labels in rationales, passages and replies."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .fold import words
from .scope import PHRASES, Cue, Found, Reach, Tokens


@dataclass(frozen=True, slots=True)
class Mention:
    """A label found in running text: character span, the id it names, the surface form, and whether it is negated
    ("no scale") or hedged ("perhaps a nevus")."""

    start: int
    end: int
    id: str
    text: str
    negated: bool
    hedged: bool = False


@dataclass(frozen=True, slots=True)
class _Label:
    id: str
    capitals: bool


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CLAUSE_END = re.compile(r"[.;:,!?]")
_BEFORE_NEGATED = re.compile(
    r"\b(no|not|without|lacks?|lacking|absence of|absent|neither|nor|never|rather than)\b[^.;:]*$", re.IGNORECASE
)

# Running text repeats its words; folding one costs more than remembering it.
_token = lru_cache(maxsize=1 << 16)(words)


def denied_before(text: str, start: int) -> bool:
    """Whether a word of denial stands before a place, in the same sentence and at most 60 characters away.

    The reward reads denials by this rule and by no other: a finer one (`Mention.negated`) would change what the same
    reply earned in runs of the past.
    """
    return bool(_BEFORE_NEGATED.search(text, max(0, start - 60), start))


class MentionFinder:
    """Finds labels in text: whole words in their folded form, the leftmost first, then the longest, no overlaps.

    An abbreviation in capitals is found in capitals only: "TEN" is a disease, "ten" a number.

    The labels and the cues of denial and doubt are one automaton over words (Aho and Corasick, Commun ACM
    1975;18:333-340), so that a text is walked once, however many labels there are.

    Args:
        labels: for each id its labels. A label shared by two ids is not looked for.
    """

    def __init__(self, labels: Mapping[str, Sequence[str]]) -> None:
        meant: dict[tuple[str, ...], str | None] = {}
        spoken: set[tuple[str, ...]] = set()
        for id_, names in labels.items():
            for name in names:
                if form := words(name):
                    meant[form] = id_ if meant.get(form, id_) == id_ else None
                    if not name.isupper():
                        spoken.add(form)
        self._goto: list[dict[str, int]] = [{}]
        self._said: list[tuple[tuple[int, _Label | Cue], ...]] = [()]
        for form, id_ in meant.items():
            if id_ is not None:
                self._add(form, _Label(id_, form not in spoken))
        for form, cue in PHRASES.items():
            self._add(form, cue)
        self._fail = self._failures()

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every mention in order of appearance."""
        tokens = _tokens(text)
        labels: list[tuple[int, int, str]] = []
        cues: list[Found] = []
        for first, size, meant in self._walk(tokens.words):
            if isinstance(meant, Cue):
                cues.append(Found(first, first + size, meant))
            elif self._stands(text, tokens, first, size, meant.capitals):
                labels.append((first, first + size, meant.id))
        if not labels:
            return ()
        kept = _leftmost_longest(labels)
        reach = Reach(text, tokens, _outside(cues, kept)) if cues or "?" in text else None
        return tuple(
            Mention(
                start := tokens.starts[first],
                end := tokens.ends[last - 1],
                id_,
                text[start:end],
                reach is not None and reach.denied(first),
                reach is not None and reach.doubted(first),
            )
            for first, last, id_ in kept
        )

    def _walk(self, said: Sequence[str]) -> Iterator[tuple[int, int, _Label | Cue]]:
        """Every label and cue in a row of words: its first word, how many words, what it means. By last word."""
        goto, fail, meant = self._goto, self._fail, self._said
        state = 0
        for place, word in enumerate(said, start=1):
            onward = goto[state].get(word)
            while onward is None and state:
                state = fail[state]
                onward = goto[state].get(word)
            state = onward or 0
            for size, what in meant[state]:
                yield place - size, size, what

    @staticmethod
    def _stands(text: str, tokens: Tokens, first: int, size: int, capitals: bool) -> bool:
        """Whether a label is one here: not over the end of a clause, an abbreviation in its capitals."""
        surface = text[tokens.starts[first] : tokens.ends[first + size - 1]]
        if capitals and not surface.isupper():
            return False
        return size == 1 or not _CLAUSE_END.search(surface)

    def _add(self, form: tuple[str, ...], what: _Label | Cue) -> None:
        state = 0
        for word in form:
            onward = self._goto[state].setdefault(word, len(self._goto))
            if onward == len(self._goto):
                self._goto.append({})
                self._said.append(())
            state = onward
        self._said[state] = (*self._said[state], (len(form), what))

    def _failures(self) -> list[int]:
        """For each state the one of its longest proper suffix, whose labels end here as well."""
        fail = [0] * len(self._goto)
        waiting = deque(self._goto[0].values())
        while waiting:
            state = waiting.popleft()
            for word, onward in self._goto[state].items():
                back = fail[state]
                while back and word not in self._goto[back]:
                    back = fail[back]
                fail[onward] = self._goto[back].get(word, 0)
                self._said[onward] = (*self._said[onward], *self._said[fail[onward]])
                waiting.append(onward)
        return fail


@lru_cache(maxsize=4)
def _tokens(text: str) -> Tokens:
    """The words of a text. Diseases and features are looked for in the same text, one after the other."""
    found = [
        (form[0], match.start(), match.end()) for match in _WORD.finditer(text) if len(form := _token(match[0])) == 1
    ]
    if not found:
        return Tokens((), (), ())
    return Tokens(*zip(*found, strict=True))


def _leftmost_longest(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    kept: list[tuple[int, int, str]] = []
    place = 0
    for first, last, id_ in sorted(spans, key=lambda span: (span[0], -span[1])):
        if first >= place:
            kept.append((first, last, id_))
            place = last
    return kept


def _outside(cues: list[Found], labels: Sequence[tuple[int, int, str]]) -> list[Found]:
    """The cues that are no part of a longer cue ("not only") nor of a label ("absent nail"), in order."""
    kept: list[Found] = []
    place = 0
    for found in sorted(cues, key=lambda cue: (cue.first, -cue.last)):
        if found.first >= place and not any(a <= found.first < b for a, b, _ in labels):
            kept.append(found)
            place = found.last
    return kept
