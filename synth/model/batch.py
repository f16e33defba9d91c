"""Batch files: requests for OpenAI Batch or `vllm run-batch`, and their answers taken back into the cache."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from kg_service.core.errors import RecordInvalid

from .request import URL, Words, read, writable
from .responses import Responses, fresh

MOST_LINES, MOST_BYTES = 50_000, 200_000_000  # of one file, as OpenAI's batch interface takes them
_HEAD = b'{"custom_id": "'


class Outbox:
    """Requests that wait for a batch run. Each run writes files of its own: those before may be under way already.

    A request that was offered is not offered again, unless the answers said that it failed.
    """

    def __init__(self, folder: Path, responses: Responses) -> None:
        self.folder = folder
        self._offered = offered(folder)
        self._responses = responses
        self._file: IO[bytes] | None = None
        self._lines = self._bytes = 0

    def waits(self, request: str) -> bool:
        return self._offered[request] > self._responses.refused[request]

    def offer(self, request: str, body: Mapping[str, Any]) -> None:
        row = {"custom_id": request, "method": "POST", "url": URL, "body": body}
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        if self._file and (self._lines == MOST_LINES or self._bytes + len(line) > MOST_BYTES):
            self.close()
        if self._file is None:
            self._file = fresh(self.folder, "requests").open("ab")
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._lines = self._bytes = 0
        self._file.write(line)
        self._file.flush()
        self._lines, self._bytes = self._lines + 1, self._bytes + len(line)
        self._offered[request] += 1

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def offered(folder: Path) -> Counter[str]:
    """How often each request was written into a batch file. A line that kill -9 tore is cut off first."""
    found: Counter[str] = Counter()
    for path in sorted(folder.glob("requests-*.jsonl")):
        _mend(path)
        with path.open("rb") as file:
            # The bodies hold images; the head of a line is all that is looked at.
            found.update(
                line[len(_HEAD) : line.index(b'"', len(_HEAD))].decode() for line in file if line[-1:] == b"\n"
            )
    return found


def _mend(path: Path) -> None:
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # its writer lives
        whole = 0
        for line in file:
            whole += len(line) if line.endswith(b"\n") else 0
        file.truncate(whole)


def take(run_dir: Path, answers: list[Path]) -> dict[str, Any]:
    """Put the answers of batch files into the cache of a run.

    Reads what OpenAI Batch (output and error files) and `vllm run-batch` write. What failed is kept with its reason
    and offered again in the next batch file; taking the same file twice changes nothing.

    Returns:
        Counts: `taken`, `known` (answered before), `failed`, `unknown` (asked by another run), and `reasons` of the
        failures.

    Raises:
        RecordInvalid: a file is missing, or a line is no JSON object with a `custom_id`.
    """
    folder = run_dir / "model"
    asked = offered(folder / "batch")
    responses = Responses(folder, lambda *_: 0.0)
    counts, reasons = Counter(taken=0, known=0, failed=0, unknown=0), Counter[str]()
    try:
        for path in answers:
            for line, row in _rows(path):
                request, name = str(row["custom_id"]), hashlib.sha256(line).hexdigest()[:16]
                found = words_of(row)
                if not asked[request]:
                    counts["unknown"] += 1
                elif responses.find(request):
                    counts["known"] += 1
                elif isinstance(found, Words):
                    responses.add(request, found, None)
                    counts["taken"] += 1
                elif name not in responses.lines:
                    responses.fail(request, found, name)
                    counts["failed"] += 1
                    reasons[found[:120]] += 1
    finally:
        responses.close()
    return {**counts, "reasons": dict(reasons.most_common(10))}


def words_of(row: Mapping[str, Any]) -> Words | str:
    """The words of one line of an output file, or why there are none."""
    if error := row.get("error"):
        told = error.get("message") or error.get("code") or error if isinstance(error, Mapping) else error
        return writable(told)
    response = row.get("response")
    if not isinstance(response, Mapping):
        return "the line has no response"
    if response.get("status_code") != 200:
        return f"HTTP {response.get('status_code')}: {writable(response.get('body'))[:200]}"
    return read(response.get("body"))


def _rows(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    if not path.is_file():
        raise RecordInvalid(f"{path} does not exist")
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
                row["custom_id"]
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise RecordInvalid(
                    f"{path}, line {number}: no answer of a batch (a JSON object with custom_id and response)"
                ) from error
            yield line, row
