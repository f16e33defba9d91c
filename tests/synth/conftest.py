"""The authored ontologies as a release, and small runs made from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg_service.client import KnowledgeSource
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from synth.cases import job as cases
from synth.cases.phantoms import plates
from synth.settings import Phantom, SynthConfig, Write

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def snapshot(shipped_bytes: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("release") / "snapshot.json"
    path.write_bytes(shipped_bytes)
    return path


@pytest.fixture(scope="session")
def release(shipped: Knowledge) -> Knowledge:
    return shipped


@pytest.fixture(scope="session")
def small(snapshot: Path) -> SynthConfig:
    """All phantom diseases, a few cases each."""
    return SynthConfig(
        knowledge=KnowledgeSource(path=str(snapshot)),
        phantom=Phantom(size=56, counts={"sft": 4, "test": 1}),
        write=Write(style="full", kinds={"direct": 1, "keep": 1, "revise": 1}),
    )


@pytest.fixture(scope="session")
def plain_cases(small: SynthConfig, release: Knowledge) -> list[Case]:
    """The cases of that run without their images, which take long to draw."""
    return [plate.case for plate in plates(small.phantom, release, small.seed)]


@pytest.fixture(scope="session")
def phantoms(small: SynthConfig, release: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory with cases and images; tests do not write into it."""
    folder = tmp_path_factory.mktemp("phantoms")
    cases.make(small, release, folder)
    return folder


@pytest.fixture
def config_file(small: SynthConfig, phantoms: Path, tmp_path: Path):
    """Write the small configuration as TOML with changes (`{"write.rows": 10}`) and return its path."""

    def write(**changes: object) -> Path:
        tables = {
            "knowledge": {"path": small.knowledge.path},
            "phantom": {"size": 56, "counts": {"sft": 4, "test": 1}},
            "write": {"style": "full", "cases": str(phantoms / "cases.jsonl"),
                      "kinds": {"direct": 1, "keep": 1, "revise": 1}},
            "floors": {},
        }  # fmt: skip
        for name, value in changes.items():
            table, key = name.split("__")
            tables[table][key] = value
        lines: list[str] = []
        for table, rows in tables.items():
            lines.append(f"[{table}]")
            for key, value in rows.items():
                if isinstance(value, dict):
                    inner = ", ".join(f"{k} = {v}" for k, v in value.items())
                    lines.append(f"{key} = {{ {inner} }}")
                else:
                    lines.append(f"{key} = {json.dumps(value)}")
        path = tmp_path / "synth.toml"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write
