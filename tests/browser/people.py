"""People at the desk, each with a browser of their own; and what their browsers must never do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from kg_service.editorial.accounts.invitations import accept_invitation
from kg_service.editorial.accounts.management import create_account
from kg_service.editorial.actor import Role
from kg_service.editorial.database import Database
from kg_service.settings import Settings

from ..live import ROOT, serving

PASSWORD = "a sentence is easy to remember"
_COOKIE = "skin-r1-session"
# A browser of its own: nothing it does unasked may look like a request of the desk.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Debian's Chromium, None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Desk:
    """A running service and the people at it.

    `faults` gathers what no page may do: a request to another origin, an error in the console, an uncaught exception,
    an answer without a strict Content-Security-Policy.
    """

    def __init__(self, browser: Browser, url: str, data: Path) -> None:
        self.url = url
        self.faults: list[str] = []
        self._browser = browser
        self._database = Database(Settings(data=data).url)
        self._sessions: dict[str, str] = {}
        self._contexts: list[BrowserContext] = []

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self._database.close()

    def session(self, name: str, role: Role = "editor", *, trusted: bool = False) -> str:
        """What the session cookie of a person holds; the account is made when it is first asked for."""
        if name not in self._sessions:
            now = datetime.now(UTC)
            _, code, _ = create_account(self._database, name, role, trusted=trusted, now=now)
            self._sessions[name] = accept_invitation(self._database, code, name, PASSWORD, now=now)
        return self._sessions[name]

    def http(self, name: str = "", role: Role = "editor", **more: Any) -> httpx.Client:
        """The same person without a browser, as pages and the API see their session."""
        headers = {"Sec-Fetch-Site": "same-origin"}
        cookies = {_COOKIE: self.session(name, role, **more)} if name else {}
        return httpx.Client(base_url=self.url, headers=headers, cookies=cookies, timeout=60)

    def page(self, name: str = "", role: Role = "editor", *, trusted: bool = False, **context: Any) -> Page:
        """A fresh browser of a person, or of a passer-by without a name.

        Args:
            context: for the browser: `viewport`, `color_scheme`, `device_scale_factor` …
        """
        made = self._browser.new_context(base_url=self.url, **context)
        self._contexts.append(made)
        made.set_default_timeout(30_000)
        if name:
            made.add_cookies([{"name": _COOKIE, "value": self.session(name, role, trusted=trusted), "url": self.url}])
        page = made.new_page()
        self._watch(page)
        return page

    def _watch(self, page: Page) -> None:
        def asked(request: Any) -> None:
            if not request.url.startswith((self.url, "data:", "blob:")):
                self.faults.append(f"a request leaves for {request.url}")

        def answered(response: Any) -> None:
            policy = response.headers.get("content-security-policy", "")
            if response.url.startswith(self.url) and "default-src 'self'" not in policy:
                self.faults.append(f"{response.url} has no strict policy")

        def logged(message: Any) -> None:
            if message.type == "error":
                self.faults.append(f"{page.url}: {message.text}")

        page.on("request", asked)
        page.on("response", answered)
        page.on("console", logged)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))


class Held:
    """Requests of a page to addresses of a pattern. They get no answer until they are let go."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self.routes: list[Route] = []
        page.route(address, lambda route: self.routes.append(route))

    def let_go(self, text: str = "") -> None:
        """Let the first go whose address has this text. It may not have been asked for yet."""
        for _ in range(6_000):
            if found := next((route for route in self.routes if text in route.request.url), None):
                self.routes.remove(found)
                return found.continue_()
            self._page.wait_for_timeout(10)
        pytest.fail(f"no request with {text!r} in its address came")


@contextmanager
def desk_at(browser: Browser, stored: Path, folder: Path, **settings: Any) -> Iterator[Desk]:
    """A desk on a copy of a data folder.

    Args:
        settings: of the service, as `live.serving` takes them.
    """
    data = folder / "data"
    shutil.copytree(stored, data)
    with serving(data, ontologies=ROOT / "ontologies", **settings) as url:
        desk = Desk(browser, url, data)
        yield desk
        desk.close()
