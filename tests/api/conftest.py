from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from ..live import run, serving


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("data")) as address:
        yield address


@pytest.fixture(scope="session")
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{url}/v1") as client:
        yield client


@pytest.fixture(scope="module")
def own_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a service that the tests of one file may change, and an admin's token."""
    data = tmp_path_factory.mktemp("data")
    with serving(data) as address:
        made = run("admin", "token", "--data", data, "--role", "admin")
        assert made.returncode == 0, made.stderr
        yield address, made.stdout.strip()
