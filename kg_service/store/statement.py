"""Statements and names as plain text: what the database keeps, without an RDF library."""

from __future__ import annotations

from dataclasses import dataclass

BASE = "https://w3id.org/skin-r1/"
CONCEPT_BASE = BASE + "concept/"


@dataclass(frozen=True, slots=True)
class Statement:
    """One RDF statement, each term in N-Triples syntax."""

    subject: str
    predicate: str
    object: str

    @property
    def line(self) -> str:
        """The canonical N-Quads line (default graph), without its newline."""
        return f"{self.subject} {self.predicate} {self.object} ."


def parse_lines(lines: str) -> tuple[Statement, ...]:
    """The statements of canonical N-Quads lines that `Statement.line` wrote."""
    found = []
    for line in filter(None, lines.split("\n")):  # a text may hold other line separators
        subject, predicate, rest = line.split(" ", 2)
        found.append(Statement(subject, predicate, rest.removesuffix(" .")))
    return tuple(found)
