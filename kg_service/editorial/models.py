"""The tables. Times are ISO 8601 text in UTC, so that SQLite and PostgreSQL keep and order them alike."""

from __future__ import annotations

from sqlalchemy import LargeBinary
from sqlmodel import Field, MetaData, SQLModel


class Table(SQLModel):
    """Base of our tables, with a registry of their own: a program that imports us keeps its own metadata."""

    metadata = MetaData()


class Change(Table, table=True):
    """One edit. Append-only; `hash` covers the row and the hash before it, so that nothing can be altered unseen."""

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str
    author: str
    message: str
    proposal: int | None = None
    added: str = Field(description="canonical N-Quads, sorted")
    removed: str = ""
    previous: str = Field(description="hash of the change before, empty for the first")
    hash: str = Field(unique=True)


class Quad(Table, table=True):
    """One statement that holds now, its terms in N-Triples syntax.

    The key is the sha256 of its line: a definition is longer than what a PostgreSQL index row may hold.
    """

    key: str = Field(primary_key=True)
    subject: str = Field(index=True)
    predicate: str
    object: str


class Entity(Table, table=True):
    """The last change that touched a node: what an edit's If-Match is compared with."""

    iri: str = Field(primary_key=True)
    seq: int


class Touch(Table, table=True):
    """Which nodes a change was about: the history of a concept is a look-up."""

    seq: int = Field(primary_key=True)
    iri: str = Field(primary_key=True, index=True)


class Proposal(Table, table=True):
    """Changes that somebody wants made. `state` moves as `workflow` says; the changes themselves never alter."""

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    author: str = Field(index=True)
    at: str
    message: str
    base: int = Field(description="the last change its author knew of")
    changes: str = Field(description="JSON of wire.changes; empty for the inverse of a change")
    expects: str = Field(description="JSON: what each overwritten part looked like, by its fingerprint")
    reverts: int | None = Field(default=None, description="the change it is the inverse of")
    light: bool = Field(description="synonyms and typos only")
    state: str = Field(index=True)
    change: int | None = Field(default=None, description="the change it became")


class Review(Table, table=True):
    """What was decided about a proposal, by whom and why."""

    proposal: int = Field(primary_key=True)
    reviewer: str = Field(index=True)
    verdict: str
    reason: str
    at: str


class Comment(Table, table=True):
    """A remark on a proposal."""

    id: int | None = Field(default=None, primary_key=True)
    proposal: int = Field(index=True)
    author: str
    text: str
    at: str


class Shapes(Table, table=True):
    """The SHACL shapes that edits are checked with, as N-Triples: a service goes on without the folder of Turtle."""

    digest: str = Field(primary_key=True)
    at: str
    ntriples: str


class Release(Table, table=True):
    """An immutable, validated state under a name."""

    id: str = Field(primary_key=True)
    number: int = Field(unique=True, description="order of publication, from 1")
    seq: int = Field(description="the last change it holds")
    digest: str = Field(index=True)
    at: str
    notes: str = ""
    signed_by: str = Field(default="", sa_column_kwargs={"server_default": ""}, description="who signed it off")
    concepts: int
    snapshot: bytes = Field(sa_type=LargeBinary)
    nquads: bytes = Field(sa_type=LargeBinary)
