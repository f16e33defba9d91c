"""Ten of the hundreds of rounds of `make torture`; and that its own checks would see what they look for."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from ..services import Place
from .checks import contradictions, lost, read
from .ledger import Decided, Edit, Proposed, Published
from .rounds import Tally, torture

ROUNDS = 5


@pytest.fixture(scope="module")
def tortured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Tally]:
    place = Place(tmp_path_factory.mktemp("sqlite"))
    return place, torture(place, ROUNDS)


def expect_nothing_lost(tally: Tally) -> None:
    assert tally.wrong == []
    assert tally.rounds == ROUNDS
    assert {type(each) for each in tally.ledger.acknowledged} >= {Edit, Proposed, Decided, Published}, (
        "too short a life"
    )


def test_sqlite_loses_nothing_to_kill_9(tortured: tuple[Place, Tally]):
    expect_nothing_lost(tortured[1])


def test_postgresql_loses_nothing_to_kill_9(postgres_url: str, tmp_path: Path):
    expect_nothing_lost(torture(Place(tmp_path, postgres_url), ROUNDS, seed=1))


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM change WHERE seq = (SELECT MAX(seq) FROM change)",
        "UPDATE change SET message = 'another' WHERE seq = (SELECT MAX(seq) FROM change)",
        "DELETE FROM quad WHERE object LIKE '%said by%'",
        "UPDATE proposal SET state = 'in-review' WHERE state = 'accepted'",
        "DELETE FROM review",
        "DELETE FROM proposal WHERE state = 'accepted'",
        "DELETE FROM release WHERE number > 1",
        "UPDATE release SET digest = 'sha256:0'",
        "DELETE FROM entity",
        "DELETE FROM touch",
        "UPDATE change SET previous = ''",
    ],
)
def test_the_checks_see_damage(tortured: tuple[Place, Tally], damage: str):
    place, tally = tortured
    with place.database() as database, database.engine.connect() as connection:
        assert connection.execute(text(damage)).rowcount > 0
        stored = read(connection)
        connection.rollback()
    assert stored is not None
    assert [*contradictions(stored), *lost(stored, tally.ledger)] != []
