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
