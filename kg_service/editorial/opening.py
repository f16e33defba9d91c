"""Opening the data: load the newest release, or make the first one from the Turtle files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import Session

from ..core.knowledge import Knowledge
from ..core.release import load_snapshot
from ..settings import Settings
from ..store.statement import CONCEPT_BASE
from . import migrate, repository
from .database import Database
from .models import Release
from .repository import LATEST, ReleaseRow
from .times import timestamp

if TYPE_CHECKING:
    from ..store.compile import Compiled

IMPORTER = "import"


@dataclass(frozen=True, slots=True)
class Opened:
    """A database with at least one release, and the newest one in memory.

    `number` is the newest release's, `seq` the last change's.
    """

    database: Database
    knowledge: Knowledge
    release: ReleaseRow
    number: int
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
        migrate.ensure(database)
        if not _has_release(database):
            _import_turtle(database, settings.ontology_folder(), now=now)
        else:
            _refresh_shapes(database, settings, now=now)
        return _load(database)
    except BaseException:
        database.close()
        raise


def _has_release(database: Database) -> bool:
    with database.reading() as session:
        return bool(repository.releases(session))


def _import_turtle(database: Database, folder: Path, *, now: datetime) -> None:
    # The RDF libraries take half a second to load, and only a first start needs them.
    from ..store.compile import compile_folder, shapes_of

    # The slow part runs outside the lock; whoever gets the lock second finds the work done.
    import_first(database, compile_folder(folder), shapes_of(folder), folder, now=now)


def import_first(database: Database, compiled: Compiled, shapes: bytes, folder: Path, *, now: datetime) -> None:
    """Change 1, the shapes and release "1" in one transaction; does nothing where another process was faster."""
    with database.writing() as session:
        if repository.releases(session):
            return
        repository.put_shapes(session, shapes, at=timestamp(now))
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


def _refresh_shapes(database: Database, settings: Settings, *, now: datetime) -> None:
    """Data of before shapes were kept beside it gets those of the folder, where there is one."""
    with database.reading() as session:
        if repository.shapes(session) or not settings.has_ontologies():
            return
    from ..store.compile import shapes_of

    with database.writing() as session:
        repository.put_shapes(session, shapes_of(settings.ontology_folder()), at=timestamp(now))


def _load(database: Database) -> Opened:
    with database.reading() as session:
        newest = repository.release(session, LATEST)
        knowledge, concept_seqs = load_release(session, newest)
        last, number = repository.head(session)
    return Opened(database, knowledge, newest, number, last, concept_seqs)


def load_release(session: Session, row: ReleaseRow) -> tuple[Knowledge, dict[str, int]]:
    """A release in memory, and by concept id the last change it holds that touched the concept."""
    knowledge = load_snapshot(repository.snapshot(session, row.id), release=row.id, expect=row.digest)
    return knowledge, concept_seqs(repository.seqs_at(session, row.seq))


def concept_seqs(seqs: Mapping[str, int]) -> dict[str, int]:
    """The concepts' among the seqs of all nodes, by id instead of IRI."""
    start = len(CONCEPT_BASE)
    return {iri[start:]: seq for iri, seq in seqs.items() if iri.startswith(CONCEPT_BASE)}
