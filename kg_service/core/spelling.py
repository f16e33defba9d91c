"""Which known word a misspelt one may be meant for. Only for suggestions to people: nothing resolves by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

# Shorter words differ by a letter because they are other words: BCC and SCC, ear and toe.
_ONE_LETTER_OFF = 5
_TWO_LETTERS_OFF = 8
# One letter or two, and the opposite is said.
_OPPOSITES = (("hyper", "hypo"), ("macro", "micro"), ("inter", "intra"), ("ante", "anti"), ("ecto", "endo"))


class Spelling:
    """The words of all names, in their folded form.

    Args:
        words: the vocabulary. A word in it is never taken for a misspelling of another.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._by_initial: dict[str, list[str]] = defaultdict(list)
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            if len(word) >= _ONE_LETTER_OFF and word.isalpha():
                self._by_initial[word[0]].append(word)
                self._by_tail[word[1:]].append(word)

    def near(self, word: str) -> dict[str, int]:
        """Known words that differ by one or two letters -> how many. Empty for a known word."""
        if word in self._words or len(word) < _ONE_LETTER_OFF or not word.isalpha():
            return {}
        most = 2 if len(word) >= _TWO_LETTERS_OFF else 1
        found: dict[str, int] = {}
        letters_of = set(word)
        for known in self._by_initial.get(word[0], ()):
            # An edit adds or takes at most two kinds of letters, so most words need no comparison.
            if abs(len(known) - len(word)) > most or len(letters_of.symmetric_difference(known)) > 2 * most:
                continue
            if (letters := edits(word, known, most)) <= most:
                found[known] = letters
        if most == 2:
            otherwise = {*self._by_tail.get(word[1:], ()), *self._by_tail.get(word, ())}
            otherwise |= {word[1:]} & self._words
            found.update((known, 1) for known in otherwise)
        return {known: letters for known, letters in found.items() if not _opposite(word, known)}

    def begun(self, word: str) -> dict[str, int]:
        """Longer known words whose beginning differs by one or two letters -> how many: "psoras" begins psoriasis."""
        if word in self._words or len(word) < _ONE_LETTER_OFF or not word.isalpha():
            return {}
        most = 2 if len(word) >= _TWO_LETTERS_OFF else 1
        letters_of, size = set(word), len(word)
        found: dict[str, int] = {}
        for known in self._by_initial.get(word[0], ()):
            if len(known) <= size or len(letters_of.difference(known)) > most:
                continue
            letters = min(edits(word, known[: size + more], most) for more in range(-most, most + 1))
            if letters <= most:
                found[known] = letters
        return {known: letters for known, letters in found.items() if not _opposite(word, known)}


def edits(a: str, b: str, most: int) -> int:
    """Letters to add, drop, replace or swap with the next to turn `a` into `b`; `most + 1` for any more than `most`.

    Optimal string alignment distance (Damerau 1964, restricted: no letter is edited twice).
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        above, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _opposite(a: str, b: str) -> bool:
    pairs = (*_OPPOSITES, *((other, one) for one, other in _OPPOSITES))
    return any(a.startswith(one) and b.startswith(other) for one, other in pairs)
