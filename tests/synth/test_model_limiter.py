"""The limiter and what it is told, at times that the test makes up."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from synth.echo import Echo
from synth.model import Ask, Endpoint, ModelSettings
from synth.model.limiter import Breaker, Limiter
from synth.model.trouble import pause

NOW = datetime(2025, 11, 14, 12, 0, 0, tzinfo=UTC)


def work(limiter: Limiter, rounds: int, now: float = 0.0) -> None:
    """Fill every place, let all end well, and again."""
    for _ in range(rounds):
        slots = []
        while limiter.wait(now, 1) == 0:
            slots.append(limiter.start(now, 1))
        for _ in slots:
            limiter.done()
            limiter.good()


def test_the_limit_grows_by_one_for_each_full_round_up_to_the_ceiling():
    limiter = Limiter(ceiling=6, start=2)
    work(limiter, 1)
    assert limiter.limit == 3
    work(limiter, 10)
    assert limiter.limit == 6


def test_a_limit_that_is_not_used_does_not_grow():
    limiter = Limiter(ceiling=64, start=4)
    for _ in range(50):
        limiter.start(0, 1)
        limiter.done()
        limiter.good()
    assert limiter.limit == 4


def test_one_overload_halves_once_for_all_that_were_under_way_and_recovers():
    limiter = Limiter(ceiling=16, start=16)
    slots = [limiter.start(0, 1) for _ in range(16)]
    for slot in slots:
        limiter.done()
        limiter.overloaded(slot, now=0)
    assert limiter.limit == 8
    late = limiter.start(0, 1)
    limiter.done()
    limiter.overloaded(late, now=0)
    assert limiter.limit == 4
    work(limiter, 30)
    assert limiter.limit == 16


def test_nobody_starts_before_the_server_said_so():
    limiter = Limiter(ceiling=4)
    slot = limiter.start(10, 1)
    limiter.done()
    limiter.overloaded(slot, now=10, pause=5)
    assert limiter.wait(12, 1) == 3
    assert limiter.wait(15, 1) == 0


@given(st.lists(st.sampled_from(["start", "good", "overloaded"]), max_size=60), st.integers(1, 8))
def test_the_limit_stays_between_one_and_the_ceiling(moves: list[str], ceiling: int):
    limiter, slots = Limiter(ceiling), []
    for move in moves:
        if move == "start" and limiter.wait(0, 1) == 0:
            slots.append(limiter.start(0, 1))
        elif move != "start" and slots:
            slot = slots.pop()
            limiter.done()
            limiter.good() if move == "good" else limiter.overloaded(slot, 0)
        assert 1 <= limiter.limit <= ceiling
        assert limiter.busy == len(slots) <= ceiling


def test_caps_per_minute_spread_requests_and_tokens():
    limiter = Limiter(ceiling=99, start=99, per_minute=(3, 100))
    for now in (0, 1, 2):
        assert limiter.wait(now, 10) == 0
        limiter.start(now, 10)
    assert limiter.wait(3, 10) == 57  # the first one leaves the minute
    assert limiter.wait(60, 10) == 0
    assert limiter.wait(60, 95) == 2  # 20 of 100 tokens are of the minute still, from 61 on 10
    assert Limiter(ceiling=1, per_minute=(0, 5)).wait(0, 50) == 0  # larger than the cap: alone
    busy = Limiter(ceiling=1)
    busy.start(0, 1)
    assert busy.wait(0, 1) == math.inf


def test_retry_after_is_read_in_seconds_and_as_a_date():
    assert pause({"retry-after": "2.5"}, NOW) == 2.5
    assert pause({"retry-after": "Fri, 14 Nov 2025 12:00:30 GMT"}, NOW) == 30
    assert pause({"retry-after": "Fri, 14 Nov 2025 11:00:00 GMT"}, NOW) == 0
    assert pause({"retry-after": "soon"}, NOW) == pause({}, NOW) == pause({"retry-after": "-3"}, NOW) == 0


def test_the_breaker_opens_on_a_share_of_errors_and_never_on_a_good_answer():
    breaker = Breaker(window=10, share=0.5)
    assert not any(breaker.note(False) for _ in range(4))
    assert breaker.note(False)
    assert not breaker.note(True)
    for _ in range(10):
        breaker.note(True)
    assert not any(breaker.note(number % 3 > 0) for number in range(30))


def test_what_was_learned_is_where_the_next_run_begins(tmp_path: Path):
    with Echo(["503=1"]) as echo:
        settings = ModelSettings(name="echo", base_url=echo.url, retries=1, backoff=0.001)
        with Endpoint(settings, tmp_path) as endpoint:
            endpoint.submit(Ask("s", "u")).exception(60)
            assert endpoint.concurrency == 2  # 8, halved twice
        with Endpoint(settings, tmp_path) as endpoint:
            assert endpoint.concurrency == 2
    assert list(json.loads((tmp_path / "limiter.json").read_text()).values()) == [2.0]
