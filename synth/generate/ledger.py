"""The journal of one shard: every attempt with the row or the rejection it ended in, found again by its request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError

from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import Rejection, Trajectory
from kg_service.job import Journal, dump_record

from ..checks.rules import CODES_OF_CORPUS

# No answer came at all. The words of such an attempt are not known, so a later run asks again.
UNANSWERED = "MODEL_FAILED"


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the journal the JSON of a record stands, in bytes."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    slot: str
    request: str
    row: Trajectory | None = None
    rejection: Rejection | None = None


class Ledger:
    """What has been done, and where it stands. The file is the truth; a torn last line is dropped.

    Duplicates depend on the other rows and are judged anew: they are not found again.

    Raises:
        RecordInvalid: a line is no attempt.
    """

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._known: dict[tuple[str, str], tuple[Entry, Span]] = {}
        adapter = TypeAdapter(Entry)
        start = 0
        for line, end in zip(self._journal.rows, self._journal.ends, strict=True):
            try:
                entry = adapter.validate_python(line)
            except ValidationError as error:
                raise RecordInvalid(
                    f"{path}, byte {start}: no attempt of this version of the job; delete the file to start this "
                    "shard afresh"
                ) from error
            head = _head(entry)
            if entry.rejection is None or entry.rejection.code not in {*CODES_OF_CORPUS, UNANSWERED}:
                self._known[entry.slot, entry.request] = (entry, _span(start, end, head))
            start = end
        self._journal.rows.clear()

    def find(self, slot: str, request: str) -> tuple[Entry, Span] | None:
        """An attempt of an earlier run."""
        return self._known.get((slot, request))

    def keep(self, entry: Entry) -> Span:
        """Write an attempt down; it survives the process from here on. Of two lines of a request the later counts."""
        head, record = _head(entry), entry.row if entry.rejection is None else entry.rejection
        line = head + dump_record(record).encode() + b"}"
        end = self._journal.append_line(line)
        return _span(end - len(line) - 1, end, head)

    def sync(self) -> None:
        self._journal.sync()

    def close(self) -> None:
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _head(entry: Entry) -> bytes:
    """A line up to its record, which stands last so that it can be copied as it is."""
    what = "row" if entry.rejection is None else "rejection"
    return f'{{"slot":{json.dumps(entry.slot)},"request":{json.dumps(entry.request)},"{what}":'.encode()


def _span(start: int, end: int, head: bytes) -> Span:
    return Span(start + len(head), end - start - len(head) - len(b"}\n"))
