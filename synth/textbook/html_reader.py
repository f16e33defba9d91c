"""HTML -> pages. Page breaks are the marks that e-books put into the text ("[Pg 29]", `epub:type="pagebreak"`)."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag
from PIL import Image

from . import headings
from .letters import clean
from .records import Block, BlockKind, Keep, Page

Fetch = Callable[[str], bytes | None]  # the bytes of a file that the document names

_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption",
     "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol",
     "p", "pre", "section", "svg", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul")
)  # fmt: skip
_IGNORED = frozenset(("script", "style", "head", "nav", "template", "title", "noscript", "form", "button"))
_CENTRED = re.compile(r"center|caption|right", re.IGNORECASE)
_NOTE = re.compile(r"fnanchor|noteref|footnote-?ref", re.IGNORECASE)
_FOOTNOTE = re.compile(r"(?:foot|end|rear)notes?\b|doc-(?:foot|end)note", re.IGNORECASE)
_BREAK = re.compile(r"page-?(?:num|number|break|no)s?\b", re.IGNORECASE)
_LABEL = re.compile(r"(?:pg|page|p|s)?[.\s_-]*([0-9]+|[ivxlc]+)", re.IGNORECASE)
# XHTML may write an empty element as <span/>, which HTML would take to be open.
_CLOSED = re.compile(rb"<(a|b|div|em|i|li|p|script|section|span|strong|style|td|th|title)(\s[^<>]*)?/>", re.IGNORECASE)
_BOLD_WORDS = 40  # a longer paragraph in bold is emphasis, not a heading


def read(payload: bytes, fetch: Fetch, keep: Keep, first: int = 1, label: str = "") -> list[Page]:
    """The pages of one document, the first of which bears `first` and `label`."""
    walk = _Walk(fetch, keep, first, label)
    if b"http://www.w3.org/1999/xhtml" in payload:
        payload = _CLOSED.sub(rb"<\1\2></\1>", payload)
    soup = BeautifulSoup(payload, "lxml")
    walk.into(soup.body or soup)
    return walk.finish()


def read_file(path: Path, keep: Keep) -> list[Page]:
    """The pages of an HTML file; its images are looked for beside it."""
    return read(path.read_bytes(), beside(path), keep)


def beside(path: Path) -> Fetch:
    """Finds the files that a document names, as seen from the document's own folder, and none outside it."""

    def fetch(name: str) -> bytes | None:
        found = (path.parent / unquote(name.split("#")[0].split("?")[0])).resolve()
        inside = found.is_relative_to(path.parent.resolve())
        return found.read_bytes() if inside and found.is_file() else None

    return fetch


class _Walk:
    """One pass over the tree. `said` gathers the inline text of the block being read."""

    def __init__(self, fetch: Fetch, keep: Keep, first: int, label: str) -> None:
        self.fetch, self.keep = fetch, keep
        self.number, self.label = first, label
        self.pages: list[Page] = []
        self.blocks: list[Block] = []
        self.loose: set[int] = set()  # places of centred paragraphs, which belong to a figure beside them
        self.said: list[str] = []
        self.bold = 0  # characters said in bold
        self.joins = False

    # -- blocks --------------------------------------------------------------------------------------------------

    def into(self, node: Tag, kind: BlockKind = BlockKind.PARAGRAPH, centred: bool = False) -> None:
        """Read what a block-level element holds."""
        self.flush()
        self._children(node, kind, centred, False)
        self.flush(kind, centred)

    def _children(self, node: Tag, kind: BlockKind, centred: bool, bold: bool) -> None:
        for child in node.children:
            if isinstance(child, PreformattedString):  # comments, declarations
                continue
            if isinstance(child, NavigableString):
                self._say(str(child), bold)
            elif isinstance(child, Tag) and child.name not in _IGNORED:
                if child.name in _BLOCKS:
                    self.flush(kind, centred)
                    self._block(child, centred)
                else:
                    self._inline(child, kind, centred, bold)

    def _inline(self, node: Tag, kind: BlockKind, centred: bool, bold: bool) -> None:
        if _is_break(node):
            self._turn(node, kind, centred)
        elif node.name == "br":
            self._say("\n", bold)
        elif node.name in {"img", "image"}:
            self.flush(kind, centred)
            self._figure(node)
        elif not _NOTE.search(_attributes(node)):
            self._children(node, kind, centred, bold or node.name in {"b", "strong"})

    def _block(self, node: Tag, centred: bool) -> None:
        name = node.name
        centred = centred or _is_centred(node)
        if _is_break(node):
            self._turn(node, BlockKind.PARAGRAPH, centred)
        elif re.fullmatch(r"h[1-6]", name):
            self._heading(node)
        elif name == "pre" or _FOOTNOTE.search(_attributes(node)):
            lines = [line.rstrip() for line in node.get_text().strip("\n").splitlines()]
            self._put(Block(BlockKind.VERBATIM, "\n".join(line for line in lines if line.strip())))
        elif name == "table" and node.find("img") is None:
            rows = [[clean(cell.get_text(" ")) for cell in row.find_all(["td", "th"])] for row in node.find_all("tr")]
            self._put(Block(BlockKind.TABLE, "\n".join(" | ".join(filter(None, row)) for row in rows if any(row))))
        elif name == "svg":
            for image in node.find_all("image"):
                self._figure(image)
        else:
            kind = {"li": BlockKind.ITEM, "figcaption": BlockKind.CAPTION}.get(name, BlockKind.PARAGRAPH)
            self.into(node, kind, centred)

    def _heading(self, node: Tag) -> None:
        """A heading; page marks and images inside it are read first."""
        for mark in [tag for tag in node.find_all(True) if _is_break(tag)]:
            self._turn(mark, BlockKind.PARAGRAPH, False)
            mark.extract()
        for note in [tag for tag in node.find_all(True) if _NOTE.search(_attributes(tag))]:
            note.extract()
        for image in node.find_all("img"):
            self._figure(image)
        for line in node.find_all("br"):
            line.replace_with(" ")
        self._put(Block(BlockKind.HEADING, clean(node.get_text()), level=int(node.name[1])))

    def _figure(self, node: Tag) -> None:
        source = str(node.get("src") or node.get("xlink:href") or node.get("href") or "")
        name = ""
        try:
            payload = _inline_data(source) if source.startswith("data:") else self.fetch(source)
            if payload is not None:
                with Image.open(io.BytesIO(payload)) as image:
                    name = self.keep(image)
        except (OSError, ValueError, Image.DecompressionBombError):  # a figure without its picture
            name = ""
        self._put(Block(BlockKind.FIGURE, image=name))

    # -- text ----------------------------------------------------------------------------------------------------

    def _say(self, text: str, bold: bool) -> None:
        self.said.append(text)
        if bold:
            self.bold += len("".join(text.split()))

    def flush(self, kind: BlockKind = BlockKind.PARAGRAPH, centred: bool = False) -> None:
        """Close the block being read."""
        text, bold = clean("".join(self.said)), self.bold
        self.said, self.bold = [], 0
        joins, self.joins = self.joins, False
        if not text:
            return
        level = 0
        if kind is BlockKind.PARAGRAPH and not joins:
            if centred and headings.caption(text):
                kind = BlockKind.CAPTION
            elif bold and bold > 0.9 * len("".join(text.split())) - 2 and len(text.split()) <= _BOLD_WORDS:
                kind, level = BlockKind.HEADING, headings.QUESTION
            elif headings.title(text, _BOLD_WORDS) and len(text.split()) > 1:
                kind, level = BlockKind.HEADING, 1
            elif centred:
                self.loose.add(len(self.blocks))
        self._put(Block(kind, text, level=level, joins=joins))

    def _put(self, block: Block) -> None:
        if block.text or block.kind is BlockKind.FIGURE:
            self.blocks.append(block)

    def _turn(self, mark: Tag, kind: BlockKind, centred: bool) -> None:
        """A page ends here, maybe in the middle of a paragraph."""
        text = clean(mark.get_text()) or str(mark.get("title") or mark.get("aria-label") or mark.get("id") or "")
        found = _LABEL.fullmatch(text.strip("[]{}() ")) or _LABEL.search(str(mark.get("id") or ""))
        within = bool(clean("".join(self.said)))
        self.flush(kind, centred)
        if self.blocks or self.pages:
            self._close()
        self.label = found[1] if found else text.strip("[]{}() ")
        self.joins = within

    def _close(self) -> None:
        self.pages.append(Page(self.number, self.label, _with_captions(self.blocks, self.loose)))
        self.number, self.blocks, self.loose = self.number + 1, [], set()

    def finish(self) -> list[Page]:
        self.flush()
        self._close()
        return self.pages


def _with_captions(blocks: list[Block], loose: set[int]) -> tuple[Block, ...]:
    """The centred paragraphs that follow a figure, or its label, are its caption."""
    found: list[Block] = []
    for place, block in enumerate(blocks):
        before = found[-1].kind if found else None
        if place in loose and before in {BlockKind.FIGURE, BlockKind.CAPTION} and not block.text.startswith("(Syn"):
            block = Block(BlockKind.CAPTION, block.text, joins=block.joins)
        found.append(block)
    return tuple(found)


def _attributes(node: Tag) -> str:
    names = (node.get("class"), node.get("epub:type"), node.get("role"))
    return " ".join(" ".join(name) if isinstance(name, list) else str(name or "") for name in names)


def _is_break(node: Tag) -> bool:
    return bool(_BREAK.search(_attributes(node)))


def _is_centred(node: Tag) -> bool:
    style = str(node.get("style") or "").replace(" ", "")
    return bool(_CENTRED.search(f"{_attributes(node)} {node.get('align') or ''}")) or "text-align:center" in style


def _inline_data(source: str) -> bytes | None:
    head, _, body = source.partition(",")
    try:
        return base64.b64decode(body) if head.endswith("base64") else None
    except ValueError:
        return None
