"""Where a verb finds its knowledge: a folder of Turtle, a snapshot file, a service, or a stored release."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..core.errors import ConfigInvalid, UnknownRelease
from ..core.knowledge import Knowledge
from ..settings import Settings, read_settings


def settings(given: argparse.Namespace) -> Settings:
    return read_settings(
        os.environ, **{field: getattr(given, field, None) for field in ("data", "ontologies", "log_format")}
    )


def folder(given: argparse.Namespace) -> Path:
    """The folder of Turtle a verb works on: its own argument, or the checkout's."""
    return given.folder or settings(given).ontology_folder()


def compiled(path: Path, *, digest: str = "") -> Knowledge:
    """A folder of Turtle as knowledge. The shapes are left to `validate` and `serve`: they take most of the time.

    Raises:
        KnowledgeInvalid: the core refuses it.
        DigestMismatch: it has another digest than asked for.
    """
    from rdflib import Graph

    from ..core.release import load_snapshot
    from ..store.compile import compile_graph
    from ..store.turtle import read_folder

    return load_snapshot(compile_graph(read_folder(path), Graph()).snapshot, expect=digest or None)


def asked(given: argparse.Namespace) -> Knowledge:
    """The knowledge that `--path`, `--url` or, without both, the checkout's Turtle holds."""
    from ..client import KnowledgeSource, load

    if given.path or given.url:
        return load(KnowledgeSource(url=given.url, path=given.path, release=given.release, digest=given.digest))
    return compiled(settings(given).ontology_folder(), digest=given.digest)


def named(name: str, given: argparse.Namespace) -> Knowledge:
    """One side of a comparison: a folder of Turtle, a snapshot file, or the id of a stored release.

    Raises:
        ConfigInvalid: it is none of these.
    """
    from ..core.release import load_snapshot

    path = Path(name)
    if path.is_dir():
        return compiled(path)
    if path.is_file():
        return load_snapshot(path.read_bytes())
    try:
        return load_snapshot(stored(name, given)[1], release=name)
    except UnknownRelease as error:
        raise ConfigInvalid(
            f"{name} is neither a folder of Turtle, nor a snapshot file, nor a stored release"
        ) from error


def stored(release: str, given: argparse.Namespace) -> tuple[str, bytes]:
    """(id, snapshot bytes) of a release in the database.

    Raises:
        UnknownRelease: no such release, or no database yet.
    """
    from ..editorial import repository
    from ..editorial.database import Database

    database = Database(settings(given).url)
    with database.reading() as session:
        if not repository.has_tables(session):
            raise UnknownRelease("the database holds no release yet; the first `serve` makes one")
        row = repository.release(session, release)
        return row.id, repository.snapshot(session, release)


def lines(path: Path) -> list[str]:
    """The lines of a file that hold something; `-` reads stdin.

    Raises:
        ConfigInvalid: it cannot be read.
    """
    return [line for line in text(path).split("\n") if line.strip()]


def text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}") from error
