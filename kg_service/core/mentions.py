"""Names inside running text: the finder of labels in rationales, passages and replies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .fold import words


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


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_BEFORE_NEGATED = re.compile(
    r"\b(no|not|without|lacks?|lacking|absence of|absent|neither|nor|never|rather than)\b[^.;:]*$", re.IGNORECASE
)


# Running text repeats its words; folding one costs more than remembering it.
_token = lru_cache(maxsize=1 << 16)(words)


class MentionFinder:
    """Finds labels in text: whole words in their folded form, the longest label first, no overlaps.

    An abbreviation in capitals is found in capitals only: "TEN" is a disease, "ten" a number.

    Args:
        labels: for each id its labels. A label shared by two ids is not looked for.
    """

    def __init__(self, labels: Mapping[str, Sequence[str]]) -> None:
        self._forms: dict[tuple[str, ...], str | None] = {}
        self._capitals: set[tuple[str, ...]] = set()
        self._spoken: set[tuple[str, ...]] = set()
        for id_, names in labels.items():
            for name in names:
                form = words(name)
                if not form:
                    continue
                self._forms[form] = id_ if self._forms.get(form, id_) == id_ else None
                if name.isupper():
                    self._capitals.add(form)
                else:
                    self._spoken.add(form)
        self._starts: dict[str, int] = {}
        for form in self._forms:
            self._starts[form[0]] = max(self._starts.get(form[0], 0), len(form))

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every mention in order of appearance."""
        tokens = [(match.start(), match.end(), _token(match.group())) for match in _WORD.finditer(text)]
        spans = [(start, end, form[0]) for start, end, form in tokens if len(form) == 1]
        found: list[Mention] = []
        place = 0
        while place < len(spans):
            longest = min(self._starts.get(spans[place][2], 0), len(spans) - place)
            for size in range(longest, 0, -1):
                form = tuple(span[2] for span in spans[place : place + size])
                id_ = self._forms.get(form)
                if id_ is None:
                    continue
                start, end = spans[place][0], spans[place + size - 1][1]
                if form in self._capitals and form not in self._spoken and not text[start:end].isupper():
                    continue
                if re.search(r"[.;:,!?]", text[start:end]):
                    continue  # a label does not run over the end of a clause
                negated = bool(_BEFORE_NEGATED.search(text, max(0, start - 60), start))
                found.append(Mention(start, end, id_, text[start:end], negated))
                place += size
                break
            else:
                place += 1
        return tuple(found)
