"""Rounds of a service at work, killed with all its processes at a moment it does not expect."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from kg_service.editorial.verify import findings

from ..live import wait_until_ready
from ..patience import PATIENCE, eventually
from ..services import Place, kill_group
from .checks import contradictions, lost, read
from .ledger import Decided, Edit, Ledger, Proposed, Published
from .writers import start_writers

_LIFE = 0.1, 1.5  # seconds between the first answer to a writer, which loads the RDF libraries, and being killed
_WORKERS = 1, 2  # by turns
_FIRST_STARTS = 10  # in every so many rounds it is killed once more while it starts


@dataclass
class Tally:
    """What some rounds came to. `wrong` is empty after a good run."""

    rounds: int = 0
    ledger: Ledger = field(default_factory=Ledger)
    wrong: list[str] = field(default_factory=list)
    logged: int = 0

    def sentence(self) -> str:
        edits = len(self.ledger.all(Edit))
        gone = sum(said.startswith("lost: ") for said in self.wrong)
        return (
            f"{self.rounds} rounds of kill -9: {edits} edits acknowledged among {len(self.ledger.acknowledged)} "
            f"answers, {gone} lost; {len(self.wrong) - gone} other findings; the log ends with change {self.logged}"
        )


def torture(place: Place, rounds: int, *, seed: int = 0, tell: Callable[[str], None] = lambda _line: None) -> Tally:
    """Kill and look, round after round on the same data; ends early where something is wrong.

    Args:
        place: a database without data; one of PostgreSQL has its tables.
        tell: hears one line a round.
    """
    rng, tally, tokens = random.Random(seed), Tally(), {}
    for n in range(rounds):
        if n % _FIRST_STARTS == 0:
            _killed_while_starting(place, rng)
            _look(place, tally)
        workers, before = _WORKERS[n % len(_WORKERS)], len(tally.ledger.acknowledged)
        process = place.start(workers=workers)
        try:
            url = wait_until_ready(process).url
            if not tokens:
                tokens["editor"] = place.token("editor", "editor", trusted=True)
                tokens["reviewer"] = place.token("reviewer", "reviewer")
            _expect_all_known(url, tally)
            writers = start_writers(url, tokens, f"s{seed}r{n}", tally.ledger)
            _wait_for_more(tally.ledger, before)
            if n == rounds - 1:
                eventually(lambda: _knows_all(tally.ledger))
            life = rng.uniform(*_LIFE)
            time.sleep(life)
        finally:
            kill_group(process)
        for writer in writers:
            writer.join(timeout=PATIENCE)
        tally.rounds += 1
        _look(place, tally)
        made = len(tally.ledger.acknowledged) - before
        tell(f"round {n + 1}: killed {workers} worker(s) after {life:.2f} s, {made} answers, {len(tally.wrong)} wrong")
        if tally.wrong:
            break
    return tally


def _killed_while_starting(place: Place, rng: random.Random) -> None:
    process = place.start()
    time.sleep(rng.uniform(*_LIFE))
    kill_group(process)


def _wait_for_more(ledger: Ledger, before: int) -> None:
    eventually(lambda: len(ledger.acknowledged) > before)


def _knows_all(ledger: Ledger) -> bool:
    """Whether each kind of answer came at least once. The last round lasts that long: a short life proves little."""
    kinds = {type(each) for each in [*ledger.acknowledged]}
    return kinds >= {Edit, Proposed, Decided, Published} and any("said by" in edit.says for edit in ledger.all(Edit))


def _expect_all_known(url: str, tally: Tally) -> None:
    """A service that starts again knows the whole log."""
    known = httpx.get(f"{url}/v1/health", timeout=PATIENCE).json()["seq"]
    if known < tally.logged:
        tally.wrong.append(f"the service started with change {known}, but the log ends with {tally.logged}")


def _look(place: Place, tally: Tally) -> None:
    with place.database() as database, database.reading() as session:
        stored = read(session.connection())
        tally.wrong += [f"lost: {said}" for said in lost(stored, tally.ledger)]
        if stored is not None:
            tally.wrong += contradictions(stored)
            tally.wrong += findings(session)
            tally.logged = len(stored.changes)
    tally.wrong += tally.ledger.defects
