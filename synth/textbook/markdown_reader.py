"""Markdown (CommonMark and tables) -> pages, by way of HTML."""

from __future__ import annotations

from pathlib import Path

from markdown_it import MarkdownIt

from . import html_reader
from .plain_reader import decoded
from .records import Keep, Page


def read_file(path: Path, keep: Keep) -> list[Page]:
    """The pages of a Markdown file; its images are looked for beside it."""
    marked = MarkdownIt("commonmark", {"html": True}).enable("table").render(decoded(path))
    return html_reader.read(f'<meta charset="utf-8"><body>{marked}</body>'.encode(), html_reader.beside(path), keep)
