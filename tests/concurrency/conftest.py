"""Two service processes on one database of each kind, and the people who use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from kg_service.editorial import repository
from kg_service.editorial.actor import Role
from kg_service.editorial.verify import findings

from ..postgres import fresh_database, migrated
from ..services import Person, Place


@dataclass(frozen=True)
class Pair:
    """Two processes on one database. `person(which, role, name)` signs somebody in at one of them."""

    place: Place
    urls: tuple[str, str]
    person: Callable[..., Person]


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres")))
            migrated(url)
        place = Place(tmp_path_factory.mktemp("data"), url)
        urls = stack.enter_context(place.serving(2))

        def person(which: int, role: Role, name: str, *, trusted: bool = False) -> Person:
            return stack.enter_context(Person(urls[which % 2], place.token(role, name, trusted=trusted)))

        yield Pair(place, (urls[0], urls[1]), person)


@pytest.fixture
def sound(pair: Pair) -> Iterator[None]:
    """After the test the data is what its log says."""
    yield
    with pair.place.database() as database, database.reading() as session:
        assert findings(session) == []


def lines(pair: Pair) -> list[str]:
    """The statements that hold now."""
    with pair.place.database() as database, database.reading() as session:
        return repository.current_lines(session)


@contextmanager
def unchanged(pair: Pair) -> Iterator[None]:
    before = lines(pair)
    yield
    assert lines(pair) == before


def accept(editor: Person, reviewer: Person, change: dict) -> int:
    """The change that a proposal became, which the one makes and the other accepts."""
    answer = editor.propose(change)
    assert answer.status_code == 201, (change, answer.text)
    return reviewer.accepted(answer.json()["number"])
