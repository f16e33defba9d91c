"""The desk in a real browser: headless Chromium, no network but the service's own address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from kg_service.editorial.opening import open_data
from kg_service.settings import Settings

from ..live import MINI, ROOT
from .people import FLAGS, Desk, chromium, desk_at


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each module: while Playwright is there, the event loop it runs is in the way of others' tests."""
    program = chromium()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium: .ci/run installs it")
        pytest.skip("no Chromium on this machine; install Debian's package chromium to run the browser tests")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def shipped_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the shipped knowledge as release 1. To be copied, not written to."""
    data = tmp_path_factory.mktemp("shipped") / "data"
    open_data(Settings(data=data, ontologies=ROOT / "ontologies"), now=datetime.now(UTC)).database.close()
    return data


@pytest.fixture(scope="module")
def desk(browser: Browser, shipped_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with the shipped knowledge that the tests of a module share, and may edit."""
    with desk_at(browser, shipped_data, tmp_path_factory.mktemp("desk")) as started:
        yield started


@pytest.fixture
def own_desk(browser: Browser, shipped_data: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk with the shipped knowledge for one test alone."""
    with desk_at(browser, shipped_data, tmp_path) as started:
        yield started


@pytest.fixture
def small_desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """A desk for one test alone with the small knowledge of `tests.mini`, which publishes in no time."""
    data = tmp_path / "first" / "data"
    open_data(Settings(data=data, ontologies=MINI), now=datetime.now(UTC)).database.close()
    with desk_at(browser, data, tmp_path) as started:
        yield started
