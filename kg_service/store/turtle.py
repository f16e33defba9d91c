"""Read a folder of Turtle files into one graph. Oxigraph parses (it names the line); rdflib holds the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from ..core.errors import ConfigInvalid, TurtleBroken
from .vocabulary import new_graph

# Not statements of the ontology but rules and questions about it.
_ASIDE = ("shapes", "queries")


def turtle_files(folder: Path) -> list[Path]:
    """The files that make up the ontology, in a fixed order.

    Raises:
        ConfigInvalid: the folder does not exist or holds no Turtle.
    """
    found = sorted(
        path
        for path in folder.rglob("*.ttl")
        if not any(part in _ASIDE or part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not found:
        raise ConfigInvalid(f"{folder} holds no *.ttl file; name the folder of the ontology")
    return found


def shape_files(folder: Path) -> list[Path]:
    return sorted((folder / "shapes").rglob("*.ttl"))


def read_folder(folder: Path) -> Graph:
    """Every statement of the ontology.

    Raises:
        ConfigInvalid: no Turtle there.
        TurtleBroken: a file does not parse, or uses a blank node.
    """
    return read_files(turtle_files(folder))


def read_files(paths: Iterable[Path], *, blank_nodes: bool = False) -> Graph:
    """The statements of some files.

    Args:
        blank_nodes: allowed in shapes; never in the ontology, whose release digest is a sort of its statements.

    Raises:
        TurtleBroken: see `read_folder`. All broken files are named, each with its first broken line.
    """
    graph = new_graph()
    findings: list[str] = []
    for path in paths:
        try:
            graph.addN((s, p, o, graph) for s, p, o in _statements(path, blank_nodes))
        except TurtleBroken as error:
            findings += error.findings
    if findings:
        raise TurtleBroken("these Turtle files cannot be read:", tuple(findings))
    return graph


def read_nquads(payload: bytes) -> Graph:
    """The statements of N-Triples or N-Quads that we wrote ourselves."""
    graph = new_graph()
    for quad in ox.parse(payload, format=ox.RdfFormat.N_QUADS):
        graph.add((_term(quad.subject), _term(quad.predicate), _term(quad.object)))
    return graph


def read_text(payload: bytes, name: object) -> Graph:
    """The statements of a Turtle document that lies in memory, blank nodes allowed. `name` is for the findings.

    Raises:
        TurtleBroken: it does not parse; the finding names its first broken line.
    """
    graph = new_graph()
    try:
        graph.addN((s, p, o, graph) for s, p, o in _parsed(payload, name, blank_nodes=True))
    except TurtleBroken as error:
        raise TurtleBroken("this Turtle cannot be read:", error.findings) from error
    return graph


def _statements(path: Path, blank_nodes: bool) -> Iterator[tuple[Node, Node, Node]]:
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise TurtleBroken("", (f"{path}: {error.strerror}",)) from error
    yield from _parsed(payload, path, blank_nodes)


def _parsed(payload: bytes, path: object, blank_nodes: bool) -> Iterator[tuple[Node, Node, Node]]:
    try:
        payload.decode("utf-8")
        for quad in ox.parse(payload, format=ox.RdfFormat.TURTLE):
            if not blank_nodes and (isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)):
                line = _line_of(payload, quad)
                raise TurtleBroken("", (f"{path}, line {line}: a blank node; give it an IRI, releases hold none",))
            yield _term(quad.subject), _term(quad.predicate), _term(quad.object)
    except SyntaxError as error:
        raise TurtleBroken("", (f"{path}, line {error.lineno}: {_reason(error)}",)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TurtleBroken("", (f"{path}, line {line}: not UTF-8 text",)) from error


def _reason(error: SyntaxError) -> str:
    """The parser's message without its own account of the place, which stands before it already."""
    _, sign, rest = str(error.msg).partition(": ")
    return rest if sign else str(error.msg)


def _line_of(payload: bytes, quad: ox.Quad) -> int:
    """Where a statement stands, near enough for a person: the first line with its subject's or predicate's name."""
    named = quad.subject if isinstance(quad.subject, ox.NamedNode) else quad.predicate
    name = str(getattr(named, "value", "")).rstrip("/#").replace("#", "/").rpartition("/")[2].encode()
    return payload[: max(payload.find(name), 0)].count(b"\n") + 1


def _term(term: object) -> Node:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.Literal):
        if term.language:
            return Literal(term.value, lang=term.language)
        plain = term.datatype.value == "http://www.w3.org/2001/XMLSchema#string"
        return Literal(term.value) if plain else Literal(term.value, datatype=URIRef(term.datatype.value))
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    raise TurtleBroken(f"a statement about a statement ({term}) is outside the RDF this project uses")
