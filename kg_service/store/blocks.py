"""The text of a Turtle file as blocks a person edits: a header, then one block for each subject, comments kept.

`render` writes a block the one way this project writes them, so that an edit changes the lines it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS
from rdflib.term import Node

from .vocabulary import PREFIXES, SKR, shortened

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<text>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*'{3}
      | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
  | (?P<iri><[^<>\s]*>)
  | (?P<end>\.(?=[\s\#]|$))
  | (?P<space>\s+)
  | (?P<word>[^\s"'<>\#.;,]+(?:\.+[^\s"'<>\#.;,]+)* | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(r"@?(prefix|base)$", re.IGNORECASE)
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")

# The order in which a block says things; what is not named here follows before the source, in alphabetical order.
_ORDER: tuple[URIRef, ...] = (
    RDF.type, SKOS.inScheme, SKR.featureKind, SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel, SKR.ambiguousLabel,
    SKOS.definition, SKOS.topConceptOf, SKOS.broader, SKR.primaryParent, SKR.condition, SKR.precursorOf,
    SKR.characteristic, SKR.present, SKR.variable, SKR.absent, SKR.between, SKR.strength, SKR.discriminatingFeature,
    SKR.dataset, SKR.label, SKR.means, SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch,
)  # fmt: skip
_LAST: tuple[URIRef, ...] = (DCTERMS.source, SKR.reviewStatus)
_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Block:
    """One statement of a file, up to its full stop. `subject` as written; `comments` stand above it or inside it."""

    subject: str
    line: int
    text: str
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A file taken apart. `header` holds the comments and prefixes it begins with, `tail` comments after the end."""

    header: str
    prefixes: Mapping[str, str]
    blocks: tuple[Block, ...]
    tail: tuple[str, ...] = ()

    def iri(self, written: str) -> str:
        """The IRI of a subject as the file writes it."""
        if written.startswith("<"):
            return written[1:-1]
        prefix, _, name = written.partition(":")
        return self.prefixes.get(prefix, prefix + ":") + name


def page_of(text: str) -> Page:
    """Take a file apart. It must be Turtle that parses: nothing is checked here."""
    header_end, prefixes, blocks, comments = 0, {}, [], []
    statement: list[tuple[str, str]] = []
    start = line = 0
    for match in _TOKEN.finditer(text):
        kind, written = match.lastgroup or "", match.group()
        if kind == "comment":
            comments.append(written.rstrip())
        if kind in ("comment", "space"):
            continue
        if not statement:
            start, line = match.start(), text.count("\n", 0, match.start()) + 1
        statement.append((kind, written))
        sparql_style = not statement[0][1].startswith("@") and _DIRECTIVE.match(statement[0][1])
        if kind != "end" and not (sparql_style and kind == "iri"):
            continue
        first = statement[0][1]
        if _DIRECTIVE.match(first):
            if len(statement) > 2:
                prefixes[statement[1][1].rstrip(":")] = statement[2][1][1:-1]
            if not blocks:
                header_end, comments = match.end(), []
        else:
            blocks.append(Block(first, line, text[start : match.end()], tuple(comments)))
            comments = []
        statement = []
    return Page(text[:header_end], prefixes, tuple(blocks), tuple(comments))


def header_of(title: str, prefixes: Iterable[str]) -> str:
    """The header of a new file: a comment and the prefixes its blocks use."""
    used = "\n".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in PREFIXES if prefix in set(prefixes))
    return f"# {title}\n# Sorted by id; one block each. Unreviewed unless a block says otherwise.\n\n{used}"


def prefixes_in(text: str) -> set[str]:
    """The prefixes of ours that some rendered blocks use."""
    outside_texts = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    return {prefix for prefix in PREFIXES if re.search(rf"(?<![\w:/]){prefix}:", outside_texts)}


def render(subject: URIRef, said: Mapping[URIRef, Iterable[Node]]) -> str:
    """One block in the project's layout: fixed order of properties, values sorted, lines of 120."""
    middle = sorted(set(said) - set(_ORDER) - set(_LAST))
    lines = [name(subject)]
    for place, predicate in enumerate(p for p in (*_ORDER, *middle, *_LAST) if p in said):
        values = list(_values(predicate, said[predicate]))
        verb = "a" if predicate == RDF.type else name(predicate)
        line = f"{name(subject)} {verb}" if place == 0 else f"    {verb}"
        if place == 0:
            lines = []
        for number, value in enumerate(values):
            comma = "," if number < len(values) - 1 else ""
            # Room for the " ;" or " ." that may follow the last value.
            if number and len(line) + len(value) + 4 > _WIDTH:
                lines.append(line)
                line = "       "
            line += f" {value}{comma}"
        lines.append(line + " ;")
    return "\n".join(lines)[:-1] + "."


def _values(predicate: URIRef, nodes: Iterable[Node]) -> Iterator[str]:
    # A feature is first of all a feature; labels are ordered as in a dictionary, capitals among the others.
    order = (lambda text: (text != "skr:Feature", text)) if predicate == RDF.type else (lambda t: (t.casefold(), t))
    yield from sorted((name(node) if isinstance(node, URIRef) else _literal(node) for node in set(nodes)), key=order)


def _literal(node: Node) -> str:
    return node.n3() if isinstance(node, Literal) else str(node)


def name(iri: URIRef) -> str:
    """An IRI as Turtle writes it: with a prefix of ours where its last part allows."""
    short = shortened(iri)
    if short != str(iri) and _LOCAL_NAME.fullmatch(short.partition(":")[2]):
        return short
    return f"<{iri}>"
