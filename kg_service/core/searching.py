"""Search over many labels as somebody types: long texts that are searched in one go, not label by label.

At 10,000 concepts a loop over their labels takes 70 ms; finding a few letters in one text of a megabyte takes one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice, product

from .spelling import Spelling

# (folded form, basic form, concept id, label)
SearchRow = tuple[str, str, str, str]

# A label that equals the query comes before one that begins with it, then one with a word that begins with it, then
# one that contains it. Two letters are contained in nearly everything.
_PREFIX, _WORD, _WITHIN = 2, 3, 4
_SHORTEST_WITHIN = 3
_MOST_SPELLINGS = 6
_NOTHING_BEFORE = "\n"


class SearchText:
    """The labels of one state of the knowledge, laid end to end.

    Args:
        rows: sorted.
    """

    def __init__(self, rows: Sequence[SearchRow]) -> None:
        self._rows = rows
        self._forms = _Laid([row[0] for row in rows])
        self._plain = _Laid([row[1] for row in rows])
        self._words = {word for form, *_ in rows for word in form.split()}
        self._spelling = Spelling(self._words)

    def search(self, wanted: str, loose: str, limit: int) -> list[tuple[str, str]]:
        """Concepts whose labels hold the query, best first: (concept id, the label that matched).

        Args:
            wanted, loose: the query as `fold` and as `basic` write it.
        """
        if not wanted:
            return []
        ranked: dict[str, tuple[int, int, str]] = {}
        for place, before in ((_PREFIX, _NOTHING_BEFORE), (_WORD, " "), (_WITHIN, "")):
            if place == _WITHIN and max(len(wanted), len(loose)) < _SHORTEST_WITHIN:
                break
            for row in sorted({*self._forms.rows(before + wanted), *self._plain.rows(before + loose)}):
                form, plain, concept, label = self._rows[row]
                rank = _rank(form, wanted) or _rank(plain, loose)
                if rank is not None:
                    _keep(ranked, concept, (rank, len(form), label))
            # What is found further on is ranked behind what this step has found.
            if sum(key[0] <= place for key in ranked.values()) >= limit:
                break
        return _best(ranked, limit)

    def search_words(self, words: Sequence[str], limit: int) -> list[tuple[str, str]]:
        """Concepts with a label in which every word begins some word, in any order; shorter labels first.

        Args:
            words: of the query, folded.
        """
        if not words:
            return []
        ranked: dict[str, tuple[int, int, str]] = {}
        longest = max(words, key=len)
        for row in {*self._forms.rows(_NOTHING_BEFORE + longest), *self._forms.rows(" " + longest)}:
            form, _, concept, label = self._rows[row]
            if all(f" {word}" in f" {form}" for word in words):
                _keep(ranked, concept, (_WORD, len(form), label))
        return _best(ranked, limit)

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
        self._text = _NOTHING_BEFORE + _NOTHING_BEFORE.join(texts)
        self._ends = list(accumulate(len(text) + 1 for text in texts))

    def rows(self, wanted: str) -> Iterator[int]:
        """The places of the texts that hold some letters."""
        at = self._text.find(wanted)
        while at >= 0:
            row = bisect_right(self._ends, at)
            yield row
            at = self._text.find(wanted, self._ends[row])


def _keep(ranked: dict[str, tuple[int, int, str]], concept: str, key: tuple[int, int, str]) -> None:
    if concept not in ranked or key < ranked[concept]:
        ranked[concept] = key


def _best(ranked: dict[str, tuple[int, int, str]], limit: int) -> list[tuple[str, str]]:
    best: Iterable[tuple[str, tuple[int, int, str]]] = sorted(ranked.items(), key=lambda item: (item[1], item[0]))
    return [(concept, key[2]) for concept, key in islice(best, limit)]


def _rank(form: str, wanted: str) -> int | None:
    if form == wanted:
        return 1
    if form.startswith(wanted):
        return _PREFIX
    if f" {wanted}" in form:
        return _WORD
    return _WITHIN if wanted in form and len(wanted) >= _SHORTEST_WITHIN else None
