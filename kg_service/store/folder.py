"""The folder of Turtle files that people edit: where each block lives, and how new content is written into it.

Files are split by branch and every block stays where it is, so an edit changes the lines of the blocks it is about.
Nothing here touches the disk: the caller writes the texts it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph, URIRef
from rdflib.namespace import SKOS
from rdflib.term import Node

from ..core.errors import TurtleBroken
from .blocks import Page, header_of, page_of, prefixes_in, render
from .compile import statements_of
from .turtle import read_folder, turtle_files
from .vocabulary import CONCEPT, CROSSWALK, DIFFERENTIAL, FEATURE, SKR, is_item, local, shortened

Said = Mapping[URIRef, Mapping[URIRef, list[Node]]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block begins."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


def places(folder: Path) -> dict[str, Place]:
    """For each node the place of its first block; keys are IRIs."""
    found: dict[str, Place] = {}
    for path, page in _pages(folder).items():
        for block in page.blocks:
            found.setdefault(page.iri(block.subject), Place(path, block.line))
    return found


def rewritten(folder: Path, graph: Graph | None = None, homes: Mapping[str, str] | None = None) -> dict[Path, str]:
    """The texts of the files that change when the folder is to say what `graph` says, in the project's layout.

    Args:
        folder: of Turtle files that parse.
        graph: what it shall say of concepts, features, differentials and crosswalks; default: what it says now, which
            makes this the formatter. Statements about anything else stay as they are.
        homes: IRI -> path within the folder, for nodes that shall not stay (or, new, not go) where the rule says:
            a concept beside its primary parent, a differential with its first concept's branch.

    Returns:
        Path -> new text, only of files that differ. Empty text: nothing is left in it.

    Raises:
        ConfigInvalid, TurtleBroken: as `read_folder`.
    """
    wanted = read_folder(folder) if graph is None else graph
    pages = _pages(folder)
    said: dict[URIRef, dict[URIRef, list[Node]]] = {}
    for s, p, o in wanted:
        if isinstance(s, URIRef) and isinstance(p, URIRef) and is_item(s):
            said.setdefault(s, {}).setdefault(p, []).append(o)
    home = _homes(folder, pages, said, homes or {})
    filed: dict[Path, list[URIRef]] = {path: [] for path in pages}
    for subject in sorted(said):
        filed.setdefault(home[subject], []).append(subject)
    changed: dict[Path, str] = {}
    for path, subjects in filed.items():
        text = _text(path, pages.get(path), subjects, said)
        if not path.exists() or text != path.read_text(encoding="utf-8"):
            changed[path] = text
    _check(folder, wanted, changed)
    return changed


def _pages(folder: Path) -> dict[Path, Page]:
    return {path: page_of(path.read_text(encoding="utf-8")) for path in turtle_files(folder)}


def _homes(
    folder: Path,
    pages: Mapping[Path, Page],
    said: Said,
    given: Mapping[str, str],
) -> dict[URIRef, Path]:
    home: dict[URIRef, Path] = {}
    for path, page in pages.items():
        for block in page.blocks:
            home.setdefault(URIRef(page.iri(block.subject)), path)
    home.update({URIRef(iri): folder / path for iri, path in given.items()})

    def concept(iri: URIRef, seen: frozenset[URIRef] = frozenset()) -> Path:
        if iri in home:
            return home[iri]
        about = said.get(iri, {})
        above = [n for n in about.get(SKR.primaryParent, about.get(SKOS.broader, ())) if isinstance(n, URIRef)]
        parent = next((n for n in sorted(above) if n not in seen), None)
        return concept(parent, seen | {iri}) if parent is not None else folder / "taxonomy" / "top.ttl"

    for iri in sorted(said):
        if iri in home:
            continue
        if iri.startswith(CONCEPT):
            home[iri] = concept(iri)
        elif iri.startswith(FEATURE):
            home[iri] = folder / "features.ttl"
        elif iri.startswith(DIFFERENTIAL):
            home[iri] = folder / "ddx" / concept(CONCEPT[(local(iri, DIFFERENTIAL) or "").partition("--")[0]]).name
        else:
            dataset = (local(iri, CROSSWALK) or "").partition("--")[0]
            home[iri] = folder / "crosswalks" / f"{dataset}.ttl"
    return home


def _text(path: Path, page: Page | None, subjects: Iterable[URIRef], said: Said) -> str:
    comments: dict[str, list[str]] = {}
    others: list[str] = []
    for block in page.blocks if page else ():
        iri = page.iri(block.subject) if page else ""
        if is_item(iri):
            comments.setdefault(iri, []).extend(block.comments)
        else:
            others.append("\n".join([*block.comments, block.text]))
    if page is not None and not subjects and not any(is_item(page.iri(b.subject)) for b in page.blocks):
        return path.read_text(encoding="utf-8")  # a file of the vocabulary: not ours to lay out
    blocks = ["\n".join([*comments.get(str(item), ()), render(item, said[item])]) for item in sorted(subjects)]
    if not blocks and not others:
        return ""
    tail = ["\n".join(page.tail)] if page and page.tail else []
    body = "\n\n".join([*others, *blocks, *tail])
    if page is None or not page.header.strip():
        header = header_of(_title(path), prefixes_in(body))
    else:
        missing = sorted(prefixes_in(body) - set(page.prefixes))
        more = header_of("", missing).rpartition("\n\n")[2] if missing else ""
        header = page.header.rstrip() + ("\n" + more if more else "")
    return f"{header}\n\n{body}\n"


def _title(path: Path) -> str:
    branch = path.stem.replace("-", " ")
    return f"Differentials whose first disease is among: {branch}" if path.parent.name == "ddx" else branch.capitalize()


def _check(folder: Path, wanted: Graph, changed: Mapping[Path, str]) -> None:
    """The new texts must say exactly what was wanted: a formatter that loses a statement is worse than none."""
    found = set()
    for path in {*turtle_files(folder), *changed}:
        text = changed[path] if path in changed else path.read_text(encoding="utf-8")
        for quad in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE):
            if is_item(getattr(quad.subject, "value", "")):
                found.add((str(quad.subject), str(quad.predicate), str(quad.object)))
    needed = {(s.subject, s.predicate, s.object) for s in statements_of(wanted) if is_item(s.subject[1:])}
    if found != needed:
        [one, *_] = sorted(found ^ needed)
        raise TurtleBroken(
            "writing these files would change what they say; nothing was written. Please report this with the file:",
            (f"{shortened(one[0].strip('<>'))} {one[1]} {one[2]}",),
        )
