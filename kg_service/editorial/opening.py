"""Opening the data: load the newest release, or make the first one from the Turtle files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.knowledge import Knowledge
from ..core.release import load_snapshot
from ..settings import Settings
from ..store.statement import CONCEPT_BASE
from . import repository
from .database import Database
from .models import Release
from .repository import LATEST, ReleaseRow
from .tokens import timestamp

if TYPE_CHECKING:
    from ..store.compile import Compiled

IMPORTER = "import"


@dataclass(frozen=True, slots=True)
class Opened:
    """A database with at least one release, and the newest one in memory."""

    database: Database
    knowledge: Knowledge
    release: ReleaseRow
    seq: int
    concept_seqs: dict[str, int]


def open_data(settings: Settings, *, now: datetime) -> Opened:
    """The service's data, ready to answer. On a first start the Turtle files become change 1 and release "1".

    Starting again loads the stored release and never reads Turtle.

    Raises:
        ConfigInvalid: the database cannot be used, or there is neither data nor Turtle.
        KnowledgeInvalid, TurtleBroken: the Turtle of a first import is wrong; nothing is stored.
    """
    database = Database(settings.url)
    try:
        if not _has_release(database):
            _import_turtle(database, settings.ontology_folder(), now=now)
        return _load(database)
    except BaseException:
        database.close()
        raise


def _has_release(database: Database) -> bool:
    with database.reading() as session:
        return repository.has_tables(session) and bool(repository.releases(session))


def _import_turtle(database: Database, folder: Path, *, now: datetime) -> None:
    # The RDF libraries take half a second to load, and only a first start needs them.
    from ..store.compile import compile_folder

    # The slow part runs outside the lock; whoever gets the lock second finds the work done.
    import_first(database, compile_folder(folder), folder, now=now)


def import_first(database: Database, compiled: Compiled, folder: Path, *, now: datetime) -> None:
    """Tables, change 1 and release "1" in one transaction; does nothing where another process was faster."""
    with database.writing() as session:
        repository.create_tables(session)
        if repository.releases(session):
            return
        change = repository.append_change(
            session,
            at=timestamp(now),
            author=IMPORTER,
            message=f"first import of {folder.name}/",
            added=compiled.statements,
            touched=(statement.subject.strip("<>") for statement in compiled.statements),
        )
        number = repository.next_number(session)
        repository.add_release(
            session,
            Release(
                id=str(number),
                number=number,
                seq=change.seq,
                digest=compiled.digest,
                at=timestamp(now),
                notes="first import",
                concepts=compiled.concepts,
                snapshot=compiled.snapshot,
                nquads=compiled.nquads,
            ),
        )


def _load(database: Database) -> Opened:
    with database.reading() as session:
        newest = repository.release(session, LATEST)
        payload = repository.snapshot(session, newest.id)
        seqs = repository.entity_seqs(session)
        last = repository.last_seq(session)
    knowledge = load_snapshot(payload, release=newest.id, expect=newest.digest)
    start = len(CONCEPT_BASE)
    concept_seqs = {iri[start:]: seq for iri, seq in seqs.items() if iri.startswith(CONCEPT_BASE)}
    return Opened(database, knowledge, newest, last, concept_seqs)
