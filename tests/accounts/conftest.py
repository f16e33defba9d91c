"""A live service with four people, and a database of accounts alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from kg_service.editorial.accounts.invitations import first_link, link
from kg_service.editorial.database import Database
from kg_service.editorial.migrate import ensure
from kg_service.settings import Settings

from ..live import serving

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ADMIN_PASSWORD = "a long enough sentence"


BOTH_DATABASES = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Tables without a row; on SQLite unless a test asks for both."""
    url = request.getfixturevalue("postgres_url") if getattr(request, "param", "") == "postgresql" else ""
    database = Database(Settings(data=tmp_path, database_url=url).url)
    ensure(database)
    yield database
    database.close()


@dataclass(frozen=True)
class Service:
    """A running service whose admin is called ada."""

    url: str
    data: Path

    def browser(self) -> httpx.Client:
        """Keeps cookies, and says where its requests come from, as browsers do."""
        return httpx.Client(base_url=f"{self.url}/v1", headers={"Origin": self.url})

    def signed_in(self, name: str = "ada", password: str = ADMIN_PASSWORD) -> httpx.Client:
        browser = self.browser()
        answer = browser.post("/session", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        return browser

    def with_token(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}/v1", headers={"Authorization": f"Bearer {token}"})

    def person(self, admin: httpx.Client, name: str, role: str, **more: object) -> httpx.Client:
        """The browser of somebody new, who used the link and is signed in."""
        made = admin.post("/accounts", json={"name": name, "role": role, **more})
        assert made.status_code == 201, made.text
        return self.follow(made.json()["invitation"]["link"], f"the password of {name}")

    def follow(self, link: str, password: str, name: str = "") -> httpx.Client:
        """The browser of who opened a one-time link and sent its form."""
        browser = self.browser()
        assert browser.get(self.url + link).status_code == 200
        code = link.partition("code=")[2]
        sent = browser.post(f"{self.url}/first", data={"code": code, "name": name, "password": password})
        assert sent.status_code == 303, sent.text
        return browser


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("accounts")
    with serving(data) as url:
        service = Service(url, data)
        database = Database(Settings(data=data).url)
        code = first_link(database, datetime.now(UTC))
        database.close()
        service.follow(link(code), ADMIN_PASSWORD, "ada").close()
        yield service


@pytest.fixture(scope="package")
def admin(service: Service) -> Iterator[httpx.Client]:
    with closing(service.signed_in()) as browser:
        yield browser


def expect(answer: httpx.Response, status: int, code: str) -> dict:
    """The problem that was answered."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()
