"""From a folder of Turtle to a release: read, validated, compiled into snapshot bytes and canonical N-Quads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph, Literal, URIRef
from rdflib.term import Node

from ..core.errors import KnowledgeInvalid
from ..core.release import digest_of, snapshot_of
from .codec import content_of
from .shapes import findings_of
from .statement import Statement
from .turtle import read_files, read_folder, read_nquads, shape_files

_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A valid ontology, ready to be published. `statements` are sorted and stand for the same content as `snapshot`."""

    snapshot: bytes
    digest: str
    concepts: int
    statements: tuple[Statement, ...]

    @property
    def nquads(self) -> bytes:
        return "".join(statement.line + "\n" for statement in self.statements).encode()


def compile_folder(folder: Path) -> Compiled:
    """Everything that publishing needs from a folder of Turtle.

    Raises:
        ConfigInvalid: no Turtle there.
        TurtleBroken: a file does not parse.
        KnowledgeInvalid: the shapes or the core refuse it; all findings at once.
    """
    return compile_graph(read_folder(folder), read_files(shape_files(folder), blank_nodes=True))


def shapes_of(folder: Path) -> bytes:
    """The SHACL shapes of a folder as sorted N-Triples."""
    graph = read_files(shape_files(folder), blank_nodes=True)
    lines = sorted(filter(None, graph.serialize(format="nt").split("\n")))
    return "".join(line + "\n" for line in lines).encode()


def compile_nquads(payload: bytes, shapes: bytes) -> Compiled:
    """`compile_folder` on statements and shapes (N-Triples) as the database keeps them.

    Raises:
        KnowledgeInvalid: as `compile_folder`.
    """
    return compile_graph(read_nquads(payload), read_nquads(shapes))


def compile_graph(graph: Graph, shapes: Graph) -> Compiled:
    """`compile_folder` on graphs already read.

    Raises:
        KnowledgeInvalid: as `compile_folder`.
    """
    found: list[str] = []
    error: KnowledgeInvalid | None = None
    snapshot = b""
    concepts = 0
    try:
        content = content_of(graph)
        concepts = len(content.concepts)
        if not content.concepts:
            raise KnowledgeInvalid("the ontology is empty:", ("no node below https://w3id.org/skin-r1/concept/",))
        snapshot = snapshot_of(content.knowledge())
    except KnowledgeInvalid as refused:
        error = refused
        found += refused.findings or (str(refused),)
    found += findings_of(graph, shapes) if len(shapes) else ()
    if error is not None and len(found) == len(error.findings):
        raise error  # nothing to add: keep its class (a cycle stays a CycleFound)
    if found:
        kind = type(error) if error is not None else KnowledgeInvalid
        raise kind("the ontology contradicts itself or its shapes:", tuple(dict.fromkeys(found)))
    return Compiled(snapshot, digest_of(snapshot), concepts, statements_of(graph))


def statements_of(graph: Graph) -> tuple[Statement, ...]:
    """The statements in canonical syntax and order. No blank nodes, so a sort is canonical."""
    found = (Statement(str(_term(s)), str(_term(p)), str(_term(o))) for s, p, o in graph)
    return tuple(sorted(found, key=lambda statement: statement.line))


def _term(node: Node) -> ox.NamedNode | ox.Literal:
    if isinstance(node, URIRef):
        try:
            return ox.NamedNode(str(node))
        except ValueError as error:
            raise KnowledgeInvalid("an IRI cannot be written:", (f"{str(node)!r}: {error}",)) from error
    if isinstance(node, Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype or _XSD_STRING)))
    raise KnowledgeInvalid(f"{node!r} is neither an IRI nor text; a release holds no blank node")
