"""Checks of a row against all others: DUP_EXACT DUP_FACT DUP_NEAR SPLIT_LEAK."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kg_service.core.case import Case
from kg_service.core.trajectory import Trajectory

from ..reading import quotations
from .subject import Subject, joined

NEAR = 0.85  # Jaccard similarity of the sets of three-word runs
BANDS, ROWS = 8, 4  # finds 99.7 % of pairs at 0.85, and every pair it finds is then measured exactly
_TOKEN = re.compile(r"\w+")
_MIX = np.random.default_rng(20251114).integers(1, 2**63, (2, BANDS * ROWS), dtype=np.uint64) | np.uint64(1)


def shingles(text: str) -> frozenset[int]:
    """The runs of three words of a text, as 32-bit numbers that no hash seed changes."""
    words = _TOKEN.findall(text.lower())
    if len(words) < 3:
        return frozenset({zlib.crc32(" ".join(words).encode())})
    coded = " ".join(words).encode().split(b" ")
    return frozenset(map(zlib.crc32, map(b" ".join, zip(coded, coded[1:], coded[2:], strict=False))))


def jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    """Size of the intersection over size of the union, in [0, 1]."""
    return len(a & b) / len(a | b) if a or b else 1.0


def _bands(marks: frozenset[int]) -> list[bytes]:
    """MinHash signature, cut into bands."""
    values = np.fromiter(marks, np.uint64, len(marks))
    mixed: NDArray[np.uint64] = values[:, None] * _MIX[0]
    mixed += _MIX[1]
    lowest = (mixed.min(axis=0) >> np.uint64(32)).astype(np.uint32).tobytes()
    size = len(lowest) // BANDS
    return [bytes([band]) + lowest[band * size : (band + 1) * size] for band in range(BANDS)]


class Sketch(NamedTuple):
    """What tells a row from those of another corpus: digest of its text (16 bytes), MinHash signature (BANDS * ROWS
    32-bit numbers) and sorted shingles (32-bit numbers)."""

    text: bytes
    signature: bytes
    shingles: bytes


class Nearby:
    """Texts by their MinHash bands, to find the first one that is nearly the same."""

    def __init__(self) -> None:
        self._marks: list[frozenset[int]] = []
        self._index: dict[bytes, list[int]] = {}

    def find(self, marks: frozenset[int], bands: Iterable[bytes], fits: Callable[[int], bool] | None = None) -> int:
        """The place of the first text found at a similarity of at least NEAR, or -1."""
        seen: set[int] = set()
        for band in bands:
            for place in self._index.get(band, ()):
                if place not in seen and (fits is None or fits(place)) and jaccard(marks, self._marks[place]) >= NEAR:
                    return place
                seen.add(place)
        return -1

    def add(self, marks: frozenset[int], bands: Iterable[bytes]) -> None:
        place = len(self._marks)
        self._marks.append(marks)
        for band in bands:
            self._index.setdefault(band, []).append(place)


class Corpus:
    """The rows accepted so far, and the groups that must stay out.

    Args:
        held_out: the cases of the evaluation splits.
        digests: case id -> digest of its image bytes, for all cases.
        everywhere: whether a text may not come back under another image either. Brief texts have too few words for
            that: two pictures of one disease with the same signs are described alike.
    """

    def __init__(
        self, held_out: Iterable[Case] = (), digests: Mapping[str, str] | None = None, *, everywhere: bool = True
    ):
        self._digests = digests or {}
        out = list(held_out)
        self._groups = {case.group for case in out}
        self._lesions = {(case.source, case.lesion) for case in out if case.lesion}
        self._images = {self._image(case) for case in out}
        self._everywhere = everywhere
        self._texts: dict[str, str] = {}
        self._facts: dict[tuple[object, ...], str] = {}
        self._rows: list[tuple[str, str]] = []  # id, image
        self._nearby = Nearby()
        self._last: tuple[str, frozenset[int], list[bytes]] = ("", frozenset(), [])

    def _image(self, case: Case) -> str:
        return self._digests.get(case.id) or case.image

    def _text_key(self, trajectory: Trajectory) -> str:
        return trajectory.reply if self._everywhere else f"{trajectory.image}\n{trajectory.reply}"

    @staticmethod
    def _fact_key(trajectory: Trajectory) -> tuple[object, ...]:
        quoted = tuple(sorted({q for step in trajectory.steps for q in quotations(step.text)}))
        named = tuple(sorted(distractor.concept for distractor in trajectory.distractors))
        return (trajectory.image, trajectory.kind, trajectory.gold, named, quoted)

    def dup_exact(self, subject: Subject) -> Iterable[str]:
        if first := self._texts.get(self._text_key(subject.trajectory)):
            yield f"the text is that of {first}"

    def dup_fact(self, subject: Subject) -> Iterable[str]:
        if first := self._facts.get(self._fact_key(subject.trajectory)):
            yield f"image, kind, gold, distractors and quotation are those of {first}"

    def dup_near(self, subject: Subject) -> Iterable[str]:
        marks, bands = self._signed(subject.trajectory)
        image = subject.trajectory.image
        fits = None if self._everywhere else lambda place: self._rows[place][1] == image
        if (place := self._nearby.find(marks, bands, fits)) >= 0:
            yield f"at least {NEAR} alike: {self._rows[place][0]}"

    def split_leak(self, subject: Subject) -> Iterable[str]:
        case = subject.case
        if case.group in self._groups:
            yield f"the group {case.group} is also in an evaluation split"
        elif case.lesion and (case.source, case.lesion) in self._lesions:
            yield f"the lesion {case.lesion} is also in an evaluation split"
        elif self._image(case) in self._images:
            yield f"the image {case.image} is also in an evaluation split"

    def _signed(self, trajectory: Trajectory) -> tuple[frozenset[int], list[bytes]]:
        """Shingles and bands of a row; a row is asked about and then added, so the last one is remembered."""
        text = joined(trajectory.steps)
        if self._last[0] != text:
            marks = shingles(text)
            self._last = (text, marks, _bands(marks))
        return self._last[1], self._last[2]

    def sketch(self, trajectory: Trajectory) -> Sketch:
        marks, bands = self._signed(trajectory)
        text = hashlib.sha256(self._text_key(trajectory).encode()).digest()[:16]
        runs = np.sort(np.fromiter(marks, np.uint32, len(marks)))
        return Sketch(text, b"".join(band[1:] for band in bands), runs.tobytes())

    def add(self, trajectory: Trajectory) -> None:
        """Remember an accepted row."""
        self._texts.setdefault(self._text_key(trajectory), trajectory.id)
        self._facts.setdefault(self._fact_key(trajectory), trajectory.id)
        self._rows.append((trajectory.id, trajectory.image))
        self._nearby.add(*self._signed(trajectory))
