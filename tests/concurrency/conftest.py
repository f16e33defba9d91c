"""Two service processes on one database of each kind, and the people who use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from kg_service.editorial.actor import Role

from ..postgres import fresh_database, migrated
from ..services import Person, Place


@dataclass(frozen=True)
class Pair:
    """Two processes on one database. `person(which, role, name)` signs somebody in at one of them."""

    place: Place
    urls: tuple[str, str]
    person: Callable[..., Person]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
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
