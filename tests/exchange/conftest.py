"""The shipped ontology, compiled once, and a place to write files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot
from kg_service.store.compile import compile_folder

from ..conftest import ROOT


@pytest.fixture(scope="session")
def shipped() -> Knowledge:
    return load_snapshot(compile_folder(ROOT / "ontologies").snapshot)


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file, and say where it is."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
