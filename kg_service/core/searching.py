"""Search over many labels as somebody types: long texts that are searched in one go, not label by label.

At 10,000 concepts a loop over their labels takes 70 ms; finding a few letters in one text of a megabyte takes one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import accumulate, islice, product

from .spelling import Spelling

# (folded form, basic form, concept id, label)
SearchRow = tuple[str, str, str, str]

# A label that equals the query comes before one that begins with it, then one with a word that begins with it, then
# one that contains it. Two letters are contained in nearly everything.
_EQUAL, _PREFIX, _WORD, _WITHIN = 1, 2, 3, 4
_SHORTEST_WITHIN = 3
_MOST_SPELLINGS = 6
_EDGE = "\n"
# What stands before and after the query where it is found so.
_STEPS = ((_EQUAL, _EDGE, _EDGE), (_PREFIX, _EDGE, ""), (_WORD, " ", ""), (_WITHIN, "", ""))

# (rank, length, label): the smallest is the best.
Key = tuple[int, int, str]


class SearchText:
    """The labels of one state of the knowledge, laid end to end, short ones first.

    Args:
        rows: of all labels, in any order.
    """

    def __init__(self, rows: Iterable[SearchRow]) -> None:
        self._rows = sorted(rows, key=lambda row: (len(row[0]), row))
        self._forms = _Laid([row[0] for row in self._rows])
        self._plain = _Laid([row[1] for row in self._rows])

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for form, *_ in self._rows for word in form.split())

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self._words)

    def search(self, wanted: str, loose: str, limit: int) -> list[tuple[str, str]]:
        """Concepts whose labels hold the query, best first: (concept id, the label that matched).

        Args:
            wanted, loose: the query as `fold` and as `basic` write it.
        """
        found = _Best(limit)
        for step, before, after in _STEPS if wanted else ():
            if step == _WITHIN and max(len(wanted), len(loose)) < _SHORTEST_WITHIN:
                break
            places = merge(self._forms.rows(before + wanted + after), self._plain.rows(before + loose + after))
            for row in places:
                form, plain, concept, label = self._rows[row]
                if found.is_full(len(form)):
                    break
                rank = _rank(form, wanted) or _rank(plain, loose)
                if rank is not None:
                    found.keep(concept, (rank, len(form), label), step)
            # What is found further on is ranked behind what this step has found.
            if found.is_full():
                break
        return found.listed()

    def search_words(self, words: Sequence[str], limit: int) -> list[tuple[str, str]]:
        """Concepts with a label in which every word begins some word, in any order; shorter labels first.

        Args:
            words: of the query, folded.
        """
        found = _Best(limit)
        rarest = min(words, key=self._forms.count, default="")
        for row in merge(self._forms.rows(_EDGE + rarest), self._forms.rows(" " + rarest)) if rarest else ():
            form, _, concept, label = self._rows[row]
            if found.is_full(len(form)):
                break
            if all(f" {word}" in f" {form}" for word in words):
                found.keep(concept, (_WORD, len(form), label), _WORD)
        return found.listed()

    def respelt(self, words: Sequence[str]) -> tuple[str, ...]:
        """What a misspelt query may have been meant to say, the nearest first; empty where each word is known."""
        readings: list[list[tuple[int, str]]] = []
        for word in words:
            if word in self._words:
                near: dict[str, int] = {}
            else:
                near = self._spelling.near(word) or self._spelling.begun(word)
            readings.append(sorted((letters, known) for known, letters in near.items())[:3] or [(0, word)])
        if not any(letters for options in readings for letters, _ in options):
            return ()
        spelt = sorted(
            (sum(letters for letters, _ in each), " ".join(word for _, word in each)) for each in product(*readings[:4])
        )
        return tuple(text for _, text in islice(spelt, _MOST_SPELLINGS))


class _Laid:
    """Texts laid end to end, and which of them a place lies in."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._text = _EDGE.join(("", *texts, ""))
        self._ends = list(accumulate(len(text) + 1 for text in texts))

    def count(self, wanted: str) -> int:
        return self._text.count(wanted)

    def rows(self, wanted: str) -> Iterator[int]:
        """The places of the texts that hold some letters, in order."""
        at = self._text.find(wanted)
        while at >= 0:
            row = bisect_right(self._ends, at)
            yield row
            at = self._text.find(wanted, self._ends[row])


class _Best:
    """The best label of each concept, out of labels that come by steps, in each the short ones first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ranked: dict[str, Key] = {}
        self._sure: set[str] = set()
        self._length = 0  # of the label that made it full

    def keep(self, concept: str, key: Key, step: int) -> None:
        if concept not in self._ranked or key < self._ranked[concept]:
            self._ranked[concept] = key
        if key[0] <= step and len(self._sure) < self._limit:
            self._sure.add(concept)
            self._length = key[1]

    def is_full(self, length: int | None = None) -> bool:
        """Whether nothing better can come: enough was found, and labels of this length only rank behind it."""
        if len(self._sure) < self._limit:
            return False
        return length is None or length > self._length

    def listed(self) -> list[tuple[str, str]]:
        best = sorted(self._ranked.items(), key=lambda item: (item[1], item[0]))
        return [(concept, key[2]) for concept, key in best[: self._limit]]


def _rank(form: str, wanted: str) -> int | None:
    if form == wanted:
        return _EQUAL
    if form.startswith(wanted):
        return _PREFIX
    if f" {wanted}" in form:
        return _WORD
    return _WITHIN if wanted in form and len(wanted) >= _SHORTEST_WITHIN else None
