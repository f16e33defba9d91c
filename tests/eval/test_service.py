"""The chain's own service: it answers from a pinned release, keeps its port, and is gone afterwards."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from eval.service import Served, serving
from kg_service.core.errors import KnowledgeUnavailable

from ..conftest import ROOT


def fail_while_serving(folder: Path, seen: list[Served]) -> None:
    with serving(folder) as served:
        seen.append(served)
        assert httpx.get(f"{served.url}/v1/health").json()["digest"] == served.digest
        raise ZeroDivisionError


def test_it_keeps_its_port_and_release_over_restarts_and_is_stopped_by_an_error_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    seen: list[Served] = []
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fail_while_serving(tmp_path, seen)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{seen[-1].url}/v1/health")
    assert seen[0] == seen[1]


def test_a_service_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SKIN_R1_ONTOLOGIES", str(tmp_path / "nowhere"))
    with pytest.raises(KnowledgeUnavailable, match="nowhere"), serving(tmp_path):
        pass
