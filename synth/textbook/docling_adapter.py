"""A DoclingDocument -> pages. Docling reads layouts, tables and scans with models of its own; it is not required.

A `.json` file is read as a saved DoclingDocument (`export_to_dict`, schema 1.x); any other file is converted with
`docling.document_converter.DocumentConverter` where docling is installed.
"""

from __future__ import annotations

import base64
import importlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from kg_service.core.errors import ConfigInvalid, RecordInvalid

from . import headings
from .letters import clean
from .records import Block, BlockKind, Box, Keep, Page

Node = Mapping[str, Any]

_KINDS = {
    "list_item": BlockKind.ITEM,
    "caption": BlockKind.CAPTION,
    "code": BlockKind.VERBATIM,
    "formula": BlockKind.VERBATIM,
    "footnote": BlockKind.VERBATIM,
    "document_index": BlockKind.TABLE,
}
_FURNITURE = {"page_header", "page_footer"}


def read_file(path: Path, keep: Keep) -> list[Page]:
    """The pages of a saved or converted document.

    Raises:
        ConfigInvalid: a conversion was asked for and docling is not installed.
        RecordInvalid: the JSON is not a DoclingDocument.
    """
    if path.suffix.lower() != ".json":
        return pages(_converted(path), keep, str(path))
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise RecordInvalid(f"{path} is not JSON: {error}") from error
    return pages(document, keep, str(path))


def _converted(path: Path) -> Node:
    try:
        converter = importlib.import_module("docling.document_converter")
    except ImportError as error:
        raise ConfigInvalid(
            f'{path}: adapter = "docling" needs the package docling, or a DoclingDocument saved as .json'
        ) from error
    return converter.DocumentConverter().convert(path).document.export_to_dict()


def pages(document: Node, keep: Keep, name: str = "the document") -> list[Page]:
    """The pages of a DoclingDocument given as a dictionary.

    Raises:
        RecordInvalid: it is none, or a reference in it leads nowhere.
    """
    if document.get("schema_name") != "DoclingDocument" or "body" not in document:
        raise RecordInvalid(f"{name} is not a DoclingDocument")
    held: dict[int, list[Block]] = {int(number): [] for number in document.get("pages") or {}}
    last: tuple[int, Block] | None = None
    for number, block in _Walk(document, keep, name).blocks(document["body"]):
        number = number or (last[0] if last else 1)
        held.setdefault(number, []).append(block)
        last = (number, block)
    return [Page(number, str(number), tuple(blocks)) for number, blocks in sorted(held.items())]


class _Walk:
    """Follows the references of a document in reading order."""

    def __init__(self, document: Node, keep: Keep, name: str) -> None:
        self.document, self.keep, self.name = document, keep, name
        self.seen: set[str] = set()

    def blocks(self, node: Node) -> Iterator[tuple[int, Block]]:
        """(page number, block) of everything below a node; 0 where the page is not known."""
        for link in node.get("children") or ():
            yield from self._item(link)

    def _item(self, link: Node) -> Iterator[tuple[int, Block]]:
        ref = str(link.get("$ref") or link.get("cref") or "")
        if ref in self.seen:
            return
        self.seen.add(ref)
        node = self._resolve(ref)
        if node.get("content_layer", "body") != "body" or node.get("label") in _FURNITURE:
            return
        if ref.startswith("#/texts/"):
            yield from self._text(node)
        elif ref.startswith("#/tables/"):
            yield from ((self._page(node), block) for block in _table(node, self._box(node)))
        elif ref.startswith("#/pictures/"):
            yield self._page(node), Block(BlockKind.FIGURE, box=self._box(node), image=self._image(node))
        if ref.startswith(("#/tables/", "#/pictures/")):
            for caption in node.get("captions") or ():
                yield from self._item(caption)
            self.seen.update(str(child.get("$ref")) for child in node.get("children") or ())  # words inside a picture
        else:
            yield from self.blocks(node)

    def _resolve(self, ref: str) -> Node:
        found: Any = self.document
        try:
            for part in ref.removeprefix("#/").split("/"):
                found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise RecordInvalid(f"{self.name}: the reference {ref!r} leads nowhere") from error
        return found

    def _text(self, node: Node) -> Iterator[tuple[int, Block]]:
        """A text item; one that goes on over pages has a `prov` with the span of its characters for each."""
        label, text = node.get("label", "text"), str(node.get("text") or node.get("orig") or "")
        kind, level = _KINDS.get(label, BlockKind.PARAGRAPH), 0
        if label in {"title", "section_header"}:
            kind, level = BlockKind.HEADING, 1 if label == "title" else 1 + int(node.get("level") or 1)
        elif kind is BlockKind.PARAGRAPH and headings.caption(text) and len(text.split()) < 5:
            kind = BlockKind.CAPTION
        places = node.get("prov") or [{}]
        spans = [place.get("charspan") or (0, len(text)) for place in places]
        parted = len(places) > 1 and spans[-1][1] == len(text)
        for number, (place, span) in enumerate(zip(places, spans, strict=True)):
            part = clean(text[span[0] : span[1]] if parted else text)
            if part:
                yield int(place.get("page_no") or 0), Block(kind, part, level, self._of(place), joins=number > 0)
            if not parted:
                return

    def _page(self, node: Node) -> int:
        return int((node.get("prov") or [{}])[0].get("page_no") or 0)

    def _box(self, node: Node) -> Box | None:
        return self._of((node.get("prov") or [{}])[0])

    def _of(self, place: Node) -> Box | None:
        """The box of a place, counted from the top of its page."""
        box = place.get("bbox")
        if not box:
            return None
        if box.get("coord_origin", "TOPLEFT") == "TOPLEFT":
            return box["l"], box["t"], box["r"], box["b"]
        size = (self.document.get("pages") or {}).get(str(place.get("page_no")), {}).get("size") or {}
        height = size.get("height")
        return (box["l"], height - box["t"], box["r"], height - box["b"]) if height else None

    def _image(self, node: Node) -> str:
        uri = str((node.get("image") or {}).get("uri") or "")
        if not uri.startswith("data:"):
            return ""
        try:
            with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
                return self.keep(image)
        except (OSError, ValueError, Image.DecompressionBombError):
            return ""


def _table(node: Node, box: Box | None) -> Iterator[Block]:
    data = node.get("data") or {}
    rows = data.get("grid") or []
    if not rows:
        by_row: dict[int, list[Node]] = {}
        for cell in data.get("table_cells") or ():
            by_row.setdefault(int(cell.get("start_row_offset_idx", 0)), []).append(cell)
        rows = [
            sorted(cells, key=lambda cell: cell.get("start_col_offset_idx", 0)) for _, cells in sorted(by_row.items())
        ]
    text = "\n".join(" | ".join(clean(str(cell.get("text", ""))) for cell in row) for row in rows)
    if text:
        yield Block(BlockKind.TABLE, text, box=box)
