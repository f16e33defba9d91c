from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ..live import serving


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def http(data: Path) -> Iterator[httpx.Client]:
    """A live service whose queries may take little memory, and time enough on a crowded machine."""
    with (
        serving(data, sparql_seconds=60.0, sparql_megabytes=64) as address,
        httpx.Client(base_url=address) as client,
    ):
        yield client
