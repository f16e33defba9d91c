"""A book's file -> pages, by what the file is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kg_service.core.errors import ConfigInvalid, RecordInvalid

from .records import Keep, Page
from .settings import Book

Reader = Callable[[Path, Keep], list[Page]]


def reader_of(book: Book) -> tuple[str, Reader]:
    """The name of the reader for a book, and the reader. It is loaded only now: not every run needs every library.

    Raises:
        ConfigInvalid: the file is missing, or its ending is none that can be read.
    """
    path = Path(book.path)
    if not path.is_file():
        raise ConfigInvalid(f"books: {path} does not exist")
    if book.adapter == "docling":
        from . import docling_adapter

        return "docling", docling_adapter.read_file
    match path.suffix.lower():
        case ".pdf":
            from .pdf import read_file

            return "pdf", read_file
        case ".epub":
            from . import epub_reader

            return "epub", epub_reader.read_file
        case ".html" | ".htm" | ".xhtml":
            from . import html_reader

            return "html", html_reader.read_file
        case ".md" | ".markdown":
            from . import markdown_reader

            return "markdown", markdown_reader.read_file
        case ".txt" | ".text":
            from . import plain_reader

            return "plain", plain_reader.read_file
    raise ConfigInvalid(f"books: {path} ends in none of .pdf .epub .html .htm .xhtml .md .markdown .txt .text")


def pages_of(book: Book, keep: Keep) -> list[Page]:
    """The pages of a book that its settings ask for.

    Raises:
        RecordInvalid: the file is broken, encrypted, or holds no page that was asked for.
    """
    _, read = reader_of(book)
    try:
        return [page for page in read(Path(book.path), keep) if book.wants(page.number)]
    except OSError as error:
        raise RecordInvalid(f"{book.path} cannot be read: {error}") from error
    except RecursionError as error:
        raise RecordInvalid(f"{book.path} nests its elements deeper than any book; is it one?") from error
