"""Fixtures every room's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot
from kg_service.store.compile import compile_folder

from .mini import mini
from .patience import be_patient_with_http
from .postgres import fresh_database, migrated, postgres_server

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

be_patient_with_http()

# A slow example is no wrong one, and examples may share a test's fixtures: those that do change nothing in them. In CI
# every run tries the same examples; elsewhere each tries others.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return mini()


@pytest.fixture(scope="session")
def shipped_bytes() -> bytes:
    """The snapshot of the shipped ontologies, with every shape checked. Compiled once: it takes ten seconds."""
    return compile_folder(ROOT / "ontologies").snapshot


@pytest.fixture(scope="session")
def shipped(shipped_bytes: bytes) -> Knowledge:
    return load_snapshot(shipped_bytes)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real material; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("SKIN_R1_SHARED", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set SKIN_R1_SHARED to a folder that holds it")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server's database, started once for all tests."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres: str) -> Iterator[str]:
    """The URL of a PostgreSQL database without tables that no other test sees."""
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture
def postgres_url(empty_postgres_url: str) -> str:
    """The URL of a PostgreSQL database with the service's tables, all empty."""
    migrated(empty_postgres_url)
    return empty_postgres_url
