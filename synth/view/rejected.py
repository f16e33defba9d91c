"""What was refused: how often for which reason, and a few examples of each with the words at fault."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg_service.core.trajectory import Rejection
from kg_service.job import read_jsonl

from ..chance import number
from ..reading import Reader
from . import marking

EXAMPLES = 4  # of each code
_LONGEST = 2400  # characters of an example


@dataclass(frozen=True, slots=True)
class Example:
    """One refused candidate; the pieces with an id are what the check points at."""

    case: str
    kind: str
    detail: str
    pieces: list[marking.Piece]


@dataclass(frozen=True, slots=True)
class Code:
    """All rejections of one code."""

    code: str
    count: int
    examples: list[Example]


def gather(path: Path, seed: int) -> tuple[dict[str, list[Rejection]], Counter[str]]:
    """A few rejections of each code, drawn by the seed, and the counts. Both empty where the file is missing."""
    kept: dict[str, list[tuple[int, int, Rejection]]] = {}
    counts: Counter[str] = Counter()
    if path.is_file():
        for place, one in enumerate(read_jsonl(path, Rejection)):
            counts[one.code] += 1
            heap = kept.setdefault(one.code, [])
            entry = (-number(seed, f"rejected/{place}"), place, one)
            if len(heap) < EXAMPLES:
                heapq.heappush(heap, entry)
            else:
                heapq.heappushpop(heap, entry)
    return {code: [one for *_, one in sorted(heap, key=lambda e: e[1])] for code, heap in kept.items()}, counts


def views(
    kept: Mapping[str, list[Rejection]], counts: Mapping[str, int], reported: Mapping[str, int], reader: Reader
) -> list[Code]:
    """One view for each code, the most frequent first. `reported` counts where the rejections themselves are gone."""
    counted = counts or reported
    return [
        Code(code, counted[code], [_example(one, reader) for one in kept.get(code, ())])
        for code in sorted(counted, key=lambda code: (-counted[code], code))
    ]


def _example(one: Rejection, reader: Reader) -> Example:
    text = str(one.candidate.get("reply") or one.candidate.get("received") or "")[:_LONGEST]
    return Example(
        one.case_id, str(one.kind), one.detail, marking.cut(text, marking.offending(text, one.detail, reader))
    )
