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


class Release(Table, table=True):
    """An immutable, validated state under a name."""

    id: str = Field(primary_key=True)
    number: int = Field(unique=True, description="order of publication, from 1")
    seq: int = Field(description="the last change it holds")
    digest: str = Field(index=True)
    at: str
    notes: str = ""
    concepts: int
    snapshot: bytes = Field(sa_type=LargeBinary)
    nquads: bytes = Field(sa_type=LargeBinary)


class Account(Table, table=True):
    """Somebody who may act. `password` is a hash, empty for an account that only has tokens."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str
    password: str = ""
    created: str
    disabled: bool = False


class Token(Table, table=True):
    """A bearer token of an account. Only the sha256 of its 256 random bits is kept."""

    hash: str = Field(primary_key=True)
    account: int = Field(foreign_key="account.id", index=True)
    role: str
    created: str
    expires: str | None = None
    revoked: str | None = None
