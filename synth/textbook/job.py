"""`python -m synth textbook`: books -> pages.jsonl, passages.jsonl, figures.jsonl, figures/, textbook-report.json.

Every file is written whole and depends on the books and the configuration alone: after an interruption the same
command writes the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL.Image import Image
from tqdm import tqdm

from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import Passage
from kg_service.job import write_bytes, write_json, write_jsonl, write_manifest

from . import cutting, figures
from .book import BookText, assemble
from .quoting import REPORT
from .readers import pages_of, reader_of
from .records import Figure, PageRow
from .roles import CAPTION, DIFFERENTIAL
from .settings import Book, TextbookConfig

FOLDER = "figures"


@dataclass(slots=True)
class Pictures:
    """The folder of images. A picture is named by its content, so one that a book shows twice is stored once."""

    folder: Path
    names: set[str] = field(default_factory=set)

    def keep(self, image: Image) -> str:
        """Store an image as PNG; returns its path in the run directory."""
        buffer = io.BytesIO()
        plain = image if image.mode in {"1", "L", "RGB"} else image.convert("RGB")
        plain.save(buffer, format="PNG")
        payload = buffer.getvalue()
        name = hashlib.sha256(payload).hexdigest()[:16] + ".png"
        if name not in self.names:
            write_bytes(self.folder / name, payload)
            self.names.add(name)
        return f"{FOLDER}/{name}"

    def sweep(self, wanted: Collection[str]) -> None:
        """Remove what no figure shows: what an earlier run or an interrupted write left, pages not asked for."""
        for path in self.folder.glob("*") if self.folder.is_dir() else ():
            if f"{FOLDER}/{path.name}" not in wanted:
                path.unlink()


@dataclass(frozen=True, slots=True)
class Read:
    """One book, read."""

    pages: list[PageRow]
    passages: list[Passage]
    figures: list[Figure]
    report: dict[str, Any]


def make(config: TextbookConfig, run_dir: Path) -> dict[str, Any]:
    """Read all books; returns the counts that are also in `textbook-report.json`.

    Raises:
        ConfigInvalid: a file is missing or of a kind that cannot be read.
        RecordInvalid: a file is broken or encrypted; the message names it and, where it is known, the page.
    """
    for book in config.books:
        reader_of(book)
    pictures = Pictures(run_dir / FOLDER)
    found = [
        read(book, pictures)
        for book in tqdm(config.books, desc="books", unit="book", file=sys.stderr, disable=None, leave=False)
    ]
    pictures.sweep({row.image for one in found for row in one.figures})
    write_jsonl(run_dir / "pages.jsonl", (row for one in found for row in one.pages))
    write_jsonl(run_dir / "figures.jsonl", (row for one in found for row in one.figures))
    write_jsonl(run_dir / "passages.jsonl", (row for one in found for row in one.passages))
    report = {"books": {one.report["id"]: one.report for one in found}, **_summed(found)}
    write_json(run_dir / REPORT, report)
    inputs = [Path(book.path) for book in config.books]
    write_manifest(run_dir, job="synth textbook", config=config, release="", digest="", inputs=inputs)
    return {name: value for name, value in report.items() if name != "books"}


def read(book: Book, pictures: Pictures) -> Read:
    """Read one book."""
    pages = pages_of(book, pictures.keep)
    if not pages:
        raise RecordInvalid(f"{book.path}: no page of it is among the pages asked for ({book.pages!r})")
    text = assemble(book.id, pages)
    captions = figures.of_book(text)
    passages = list(cutting.cut(text, book, captions))
    if not passages:
        raise RecordInvalid(f"{book.path}: nothing to quote was found in its {len(pages)} pages; are they scans?")
    captioned = {id_: passage.id for passage in passages if passage.role == CAPTION for id_ in passage.figures}
    rows = figures.with_passages(captions.figures, captioned)
    return Read(list(text.rows(captions.blocks)), passages, rows, _report(book, text, passages, rows))


def expected(config: TextbookConfig) -> Iterable[str]:
    """What the job would read and write."""
    for book in config.books:
        name, _ = reader_of(book)
        size = Path(book.path).stat().st_size
        quoted = f"at most {book.quote_words} words at a time" if book.licence else "never, no licence is stated"
        yield f"{book.path} ({size:,} bytes) by the {name} reader as {book.id!r}: {book.source}; quoted {quoted}"
    yield "then pages.jsonl, passages.jsonl, figures.jsonl, figures/ and textbook-report.json"


def _report(book: Book, text: BookText, passages: list[Passage], rows: list[Figure]) -> dict[str, Any]:
    scans = [page.number for page in text.pages if page.scan]
    return {
        "id": book.id,
        "source": book.source,
        "licence": book.licence,
        "quote_words": book.quote_words,
        "quote_share": book.quote_share,
        "words": cutting.count_words(text),
        "pages": len(text.pages),
        "scans": scans,
        "passages": len(passages),
        "differentials": sum(passage.role == DIFFERENTIAL for passage in passages),
        "roles": cutting.by_role(passages),
        "figures": len(rows),
        "figures_bound": sum(bool(row.bound) for row in rows),
        "warnings": _warnings(scans, rows),
    }


def _warnings(scans: list[int], rows: list[Figure]) -> list[str]:
    found = []
    if scans:
        found.append(f"no text on the pages {', '.join(map(str, scans))}: scans; run text recognition over the file")
    for row in rows:
        if row.panels and row.image and not row.panel:
            found.append(
                f"{row.id}: the caption speaks of {', '.join(row.panels)}, but its images cannot be told apart"
            )
    if missing := sum(not row.image for row in rows):
        found.append(f"{missing} figures have no image in the file")
    if alone := [row.id for row in rows if row.image and not row.caption]:
        found.append(f"no caption was found for {', '.join(alone[:10])}{' …' if len(alone) > 10 else ''}")
    return found


def _summed(found: list[Read]) -> dict[str, Any]:
    names = ("pages", "passages", "differentials", "figures", "figures_bound", "words")
    totals: dict[str, Any] = {name: sum(one.report[name] for one in found) for name in names}
    totals["scans"] = sum(len(one.report["scans"]) for one in found)
    totals["roles"] = cutting.by_role(passage for one in found for passage in one.passages)
    return totals
