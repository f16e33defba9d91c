"""The cache: every answer that was ever paid for in a run directory, and every failed attempt with its reason.

Each process that asks writes a file of its own (`responses-001.jsonl` ...), made when its first answer arrives and
never written by another; everybody reads all of them. So ranks may share a folder, and kill -9 costs at most the line
that was being written: a line without its end is not read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any

from kg_service.core.errors import RecordInvalid
from kg_service.job import Journal

from .ask import Reply
from .request import Words

Price = Callable[[int, int, int], float]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run directory has cost so far, earlier runs and other processes included.

    `calls` that were answered, `cached` the asks that this process answered from the cache, tokens, and `cost` in the
    currency of the price list.
    """

    calls: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0


class Responses:
    """The answers of one folder by the hash of their request.

    Only places are held in memory. The index is filled by reading what was written, this process's own answers
    included, so what is counted is what the next run will find.

    Args:
        price: of (tokens in, tokens out, cached tokens), for answers that came without a cost (from batch files).
    """

    def __init__(self, folder: Path, price: Price) -> None:
        self.folder = folder
        self.calls, self.tokens_in, self.tokens_out, self.cost = 0, 0, 0, 0.0
        self.refused: Counter[str] = Counter()  # request -> failures that batch files brought
        self.lines: set[str] = set()  # those failures, so that none is counted twice
        self._price = price
        self._places: dict[str, tuple[Path, int]] = {}
        self._files: dict[Path, IO[bytes]] = {}
        self._ends: dict[Path, int] = {}
        self._journal: Journal | None = None
        self.refresh()

    def refresh(self) -> None:
        """Read what has been added since, by whomever."""
        for path in sorted(self.folder.glob("responses-*.jsonl")):
            self._read(path)

    def find(self, request: str) -> Reply | None:
        """The answer to a request, if there is one."""
        place = self._places.get(request)
        if place is None:
            return None
        path, start = place
        file = self._files[path]
        file.seek(start)
        row = json.loads(file.readline())
        return Reply(
            row["text"], row["finish"], request, row["tokens_in"], row["tokens_out"], self._cost(row), cached=True
        )

    def add(self, request: str, words: Words, cost: float | None) -> None:
        """Keep an answer. A cost of None is worked out from the price list whenever it is read."""
        row: dict[str, Any] = {"request": request, "text": words.text, "finish": words.finish}
        row |= {"tokens_in": words.tokens_in, "tokens_out": words.tokens_out, "tokens_cached": words.tokens_cached}
        self._append(row if cost is None else row | {"cost": cost})

    def fail(self, request: str, reason: str, line: str = "") -> None:
        """Keep a failed attempt. `line` names the line of a batch file that told of it."""
        self._append({"request": request, "failed": reason} | ({"line": line} if line else {}))

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _append(self, row: dict[str, Any]) -> None:
        if self._journal is None:
            self._journal = Journal(fresh(self.folder, "responses"))
        self._journal.append(row)
        self._read(self._journal.path)

    def _read(self, path: Path) -> None:
        start = self._ends.get(path, 0)
        if path.stat().st_size == start:
            return
        file = self._files.get(path) or self._files.setdefault(path, path.open("rb"))
        file.seek(start)
        for line in file:
            if not line.endswith(b"\n"):
                break
            self._note(path, start, line)
            start += len(line)
        self._ends[path] = start

    def _note(self, path: Path, start: int, line: bytes) -> None:
        try:
            row = json.loads(line)
            request = row["request"]
            if "failed" in row:
                if "line" in row and row["line"] not in self.lines:
                    self.lines.add(row["line"])
                    self.refused[request] += 1
                return
            self.calls += 1
            self.tokens_in += row["tokens_in"]
            self.tokens_out += row["tokens_out"]
            self.cost += self._cost(row)
            self._places.setdefault(request, (path, start))
        except (ValueError, KeyError, TypeError) as error:
            raise RecordInvalid(
                f"{path}: byte {start} starts a line that is no answer. The file was edited or the disk is failing; "
                "delete the line, and what it held is asked again."
            ) from error

    def _cost(self, row: dict[str, Any]) -> float:
        if "cost" in row:
            return row["cost"]
        return self._price(row["tokens_in"], row["tokens_out"], row.get("tokens_cached", 0))


def fresh(folder: Path, stem: str) -> Path:
    """Make the next file `stem-NNN.jsonl` that nobody has made; two processes never get the same."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        path = folder / f"{stem}-{number:03d}.jsonl"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise AssertionError("unreachable")
