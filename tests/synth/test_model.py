"""The endpoint, asked over real HTTP: what it pays for, what it repeats, when it stops."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

from kg_service.core.errors import ConfigInvalid, ImageUnreadable, RecordInvalid
from synth.echo import Echo
from synth.model import Ask, BudgetSpent, Endpoint, EndpointBroken, ModelFailed, ModelSettings, Reply
from synth.model import endpoint as endpoint_module

from ..patience import PATIENCE, eventually

NAME = "model"  # of the folder


def settings(echo: Echo, **changes: object) -> ModelSettings:
    given = {"name": "echo", "base_url": echo.url, "timeout": PATIENCE, "retries": 12, "backoff": 0.002, "breaker": 1.0}
    return ModelSettings.model_validate(given | changes)


def ask(number: int, **changes: object) -> Ask:
    return Ask(**{"system": "Say something.", "user": f"number {number}"} | changes)  # type: ignore[arg-type]


def outcome(future: Future[Reply]) -> Reply | str:
    """The reply, or the code of the error."""
    error = future.exception(timeout=PATIENCE)
    return future.result() if error is None else getattr(error, "code", repr(error))


# -- one fault at a time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["429", "500", "503", "slow", "dropped"])
def test_a_passing_fault_that_does_not_pass_costs_that_request_alone(kind: str, tmp_path: Path):
    with (
        Echo([f"{kind}=1"], retry_after="0.01", delay=60) as echo,
        Endpoint(settings(echo, retries=2, timeout=2 if kind == "slow" else PATIENCE), tmp_path) as endpoint,
    ):
        assert outcome(endpoint.submit(ask(1))) == ModelFailed.code
    assert echo.requests == 3  # once, and twice more
    failures = [json.loads(line)["failed"] for path in tmp_path.glob("responses-*") for line in path.open()]
    assert len(failures) == 3
    assert all(failures)


@pytest.mark.parametrize(
    ("kind", "finish", "text"),
    [("truncated", "length", '{"ec'), ("empty", "stop", ""), ("refusal", "refusal", "I can't help with that.")],
)
def test_what_the_model_said_is_given_as_it_is(kind: str, finish: str, text: str, tmp_path: Path):
    with Echo([f"{kind}=1"]) as echo, Endpoint(settings(echo), tmp_path) as endpoint:
        reply = endpoint.submit(ask(1)).result(PATIENCE)
    assert (reply.finish, reply.text[: len(text)]) == (finish, text)
    assert echo.requests == 1


def test_a_refused_key_ends_the_job_and_says_which_variable_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ECHO_KEY", "wrong")
    with Echo(key="right") as echo:
        with Endpoint(settings(echo, key_env="ECHO_KEY", concurrency=1), tmp_path) as endpoint:
            futures = [endpoint.submit(ask(number)) for number in range(5)]
            assert {outcome(future) for future in futures} == {EndpointBroken.code}
            with pytest.raises(EndpointBroken, match="ECHO_KEY"):
                endpoint.submit(ask(9)).result(PATIENCE)
        assert echo.requests == 0  # nobody was let in, and after the first nobody knocked
        monkeypatch.setenv("ECHO_KEY", "right")
        with Endpoint(settings(echo, key_env="ECHO_KEY"), tmp_path) as endpoint:
            assert isinstance(outcome(endpoint.submit(ask(1))), Reply)


def test_nothing_is_asked_before_retry_after_has_passed(tmp_path: Path):
    with (
        Echo(["429=1"], retry_after="1000") as echo,
        Endpoint(settings(echo, retries=0, longest_wait=1000), tmp_path) as endpoint,
    ):
        assert outcome(endpoint.submit(ask(1))) == ModelFailed.code
        with pytest.raises(TimeoutError):
            endpoint.submit(ask(2)).result(timeout=0.1)
        assert echo.requests == 1


def test_a_request_that_is_wrong_is_not_repeated(tmp_path: Path):
    with Echo() as echo, Endpoint(settings(echo, extra={"messages": "none"}), tmp_path) as endpoint:
        assert outcome(endpoint.submit(ask(1))) == ModelFailed.code
    failures = [line for path in tmp_path.glob("responses-*") for line in path.open()]
    assert len(failures) == 1
    assert "HTTP 400" in failures[0]


def test_an_endpoint_that_fails_too_often_ends_the_job(tmp_path: Path):
    with (
        Echo(["500=1"]) as echo,
        Endpoint(settings(echo, breaker=0.5, breaker_window=10, retries=0), tmp_path) as endpoint,
    ):
        found = [outcome(endpoint.submit(ask(number))) for number in range(12)]
    assert found == [ModelFailed.code] * 4 + [EndpointBroken.code] * 8
    assert echo.requests == 5


def test_what_cannot_work_is_said_before_anything_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(ConfigInvalid, match=r"model\.name"):
        Endpoint(ModelSettings(), tmp_path)
    with Endpoint(ModelSettings(name="some-model", key_env="NO_SUCH_KEY"), tmp_path / NAME) as endpoint:
        assert endpoint.estimate([ask(1)]).calls == 1  # a dry run needs no key
        with pytest.raises(ConfigInvalid, match="NO_SUCH_KEY"):
            endpoint.submit(ask(1))
    assert not (tmp_path / NAME).exists()


# -- all faults together ---------------------------------------------------------------------------------------------


def test_two_hundred_asks_under_every_passing_fault_lose_nothing(tmp_path: Path):
    faults = ["429=0.1", "500=0.1", "503=0.1", "slow=0.02", "dropped=0.1"]
    with (
        Echo(faults, seed=1, retry_after="0.005", delay=2.1) as echo,
        Endpoint(settings(echo, timeout=2, retries=40), tmp_path, chance=random.Random(0)) as endpoint,
    ):
        replies = [outcome(future) for future in [endpoint.submit(ask(number)) for number in range(200)]]
        spent = endpoint.spent
    assert all(isinstance(reply, Reply) for reply in replies)
    assert len({reply.request for reply in replies if isinstance(reply, Reply)}) == 200
    assert spent.calls == 200
    assert set(echo.faults) == {"429", "500", "503", "slow", "dropped"}
    assert echo.peak <= 16


# -- the cache -------------------------------------------------------------------------------------------------------


def test_the_second_run_asks_nothing_and_gets_the_same(tmp_path: Path):
    with Echo() as echo:
        with Endpoint(settings(echo), tmp_path) as endpoint:
            first = [endpoint.submit(ask(number)).result(PATIENCE) for number in range(5)]
        asked = echo.requests
        with Endpoint(settings(echo), tmp_path) as endpoint:
            second = [endpoint.submit(ask(number)).result(PATIENCE) for number in range(5)]
            assert endpoint.spent.cached == 5
            assert endpoint.submit(ask(0, salt="again")).result(PATIENCE).cached is False
        assert echo.requests == asked + 1
    assert [(r.text, r.tokens_in, r.cost) for r in first] == [(r.text, r.tokens_in, r.cost) for r in second]
    assert [r.cached for r in first + second] == [False] * 5 + [True] * 5


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Slow answers are given when it is set."""
    made = threading.Event()
    monkeypatch.setattr("synth.echo.server.time", SimpleNamespace(sleep=lambda _seconds: made.wait()))
    yield made
    made.set()


def test_equal_asks_under_way_are_one_request(tmp_path: Path, gate: threading.Event):
    with Echo(["slow=1"]) as echo, Endpoint(settings(echo), tmp_path) as endpoint:
        futures = [endpoint.submit(ask(1)) for _ in range(5)]
        gate.set()
        replies = [future.result(PATIENCE) for future in futures]
    assert echo.requests == 1
    assert len(set(replies)) == 1


def test_a_line_torn_by_a_kill_is_asked_again_and_no_other(tmp_path: Path):
    with Echo() as echo:
        with Endpoint(settings(echo), tmp_path) as endpoint:
            for number in range(4):
                endpoint.submit(ask(number)).result(PATIENCE)
        [path] = tmp_path.glob("responses-*")
        path.write_bytes(path.read_bytes()[:-7])
        with Endpoint(settings(echo), tmp_path) as endpoint:
            again = [endpoint.submit(ask(number)).result(PATIENCE).cached for number in range(4)]
    assert sorted(again) == [False, True, True, True]
    assert echo.requests == 5


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path):
    (tmp_path / "responses-001.jsonl").write_text('{"request": "sha256:1", "fin\n{"request": "sha256:2"}\n')
    with pytest.raises(RecordInvalid, match="byte 0"):
        Endpoint(ModelSettings(name="echo", base_url="http://127.0.0.1:9/v1"), tmp_path)


def test_processes_that_share_a_folder_share_their_answers_and_no_file(tmp_path: Path):
    with Echo() as echo, Endpoint(settings(echo), tmp_path) as one, Endpoint(settings(echo), tmp_path) as other:
        one.submit(ask(1)).result(PATIENCE)
        other.submit(ask(2)).result(PATIENCE)
        assert other.submit(ask(1)).result(PATIENCE).cached
        assert one.submit(ask(2)).result(PATIENCE).cached
        assert one.spent.tokens_in == other.spent.tokens_in
    assert len(list(tmp_path.glob("responses-*"))) == 2
    assert echo.requests == 2


def test_closing_keeps_what_is_being_answered_and_asks_nothing_more(
    tmp_path: Path, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
):
    closing = endpoint_module.wait
    # What is being answered is answered once the endpoint has closed its door and begins to wait.
    monkeypatch.setattr(endpoint_module, "wait", lambda *given: (gate.set(), closing(*given))[1])
    with Echo(["slow=1"]) as echo:
        endpoint = Endpoint(settings(echo), tmp_path)
        futures = [endpoint.submit(ask(number)) for number in range(30)]
        eventually(lambda: echo.requests)
        endpoint.close()
        found = [outcome(future) for future in futures]
        told = [reply for reply in found if isinstance(reply, Reply)]
        assert {reply for reply in found if not isinstance(reply, Reply)} == {EndpointBroken.code}
        assert 0 < len(told) == echo.requests <= 8
        with Endpoint(settings(echo), tmp_path) as endpoint:
            assert endpoint.spent.calls == len(told)


def test_what_hangs_is_given_up_when_the_endpoint_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("synth.model.endpoint.GRACE", 0.05)
    with Echo(["slow=1"], delay=600) as echo:
        endpoint = Endpoint(settings(echo), tmp_path)
        future = endpoint.submit(ask(1))
        endpoint.close()
        assert outcome(future) == EndpointBroken.code


# -- what is asked ---------------------------------------------------------------------------------------------------


def test_the_image_goes_with_the_ask_where_the_model_sees(tmp_path: Path):
    from PIL import Image

    path = tmp_path / "lesion.png"
    Image.new("RGBA", (200, 100), "red").save(path)
    with Echo() as echo:
        with Endpoint(settings(echo, max_pixels=2000), tmp_path / NAME) as endpoint:
            seen = endpoint.submit(ask(1, image=path)).result(PATIENCE)
            assert endpoint.submit(ask(1, image=path)).result(PATIENCE).cached
            Image.new("RGB", (200, 100), "blue").save(path)
            assert endpoint.submit(ask(1, image=path)).result(PATIENCE).request != seen.request
            with pytest.raises(ImageUnreadable):
                endpoint.submit(ask(1, image=tmp_path / "none.png"))
        with Endpoint(settings(echo, sees=False), tmp_path / NAME) as endpoint:
            unseen = endpoint.submit(ask(1, image=path)).result(PATIENCE)
    assert seen.tokens_in > unseen.tokens_in


def test_servers_that_know_no_schema_are_told_it_in_words(tmp_path: Path):
    schema = {"type": "object", "properties": {"grade": {"type": "integer", "maximum": 5}}}
    with Echo() as echo:
        for structured, grows in (("strict", False), ("json_object", True), ("none", True)):
            with Endpoint(settings(echo, structured=structured, omit=("temperature",)), tmp_path) as endpoint:
                plain = endpoint.submit(ask(1)).result(PATIENCE)
                reply = endpoint.submit(ask(1, schema=schema, schema_name="grades")).result(PATIENCE)
                assert (reply.tokens_in > plain.tokens_in) is grows
                assert (json.loads(reply.text) == {"grade": 5}) is not grows


# -- the budget ------------------------------------------------------------------------------------------------------


def test_the_budget_is_never_exceeded_and_a_higher_one_continues(tmp_path: Path):
    priced = {"price_in": 1e6, "price_out": 1e6, "max_tokens": 20}
    with Echo() as echo:
        with Endpoint(settings(echo, **priced, max_cost=100), tmp_path) as endpoint:
            found = [outcome(future) for future in [endpoint.submit(ask(number)) for number in range(40)]]
            assert 0 < endpoint.spent.cost <= 100
        told = [reply for reply in found if isinstance(reply, Reply)]
        assert {reply for reply in found if not isinstance(reply, Reply)} == {BudgetSpent.code}
        assert sum(reply.cost for reply in told) == endpoint.spent.cost
        with Endpoint(settings(echo, **priced, max_cost=100), tmp_path) as endpoint:  # it was spent already
            fresh = [endpoint.submit(ask(number, salt="new")) for number in range(20)]
            assert BudgetSpent.code in [outcome(future) for future in fresh]
            assert endpoint.spent.cost <= 100
        before = echo.requests
        with Endpoint(settings(echo, **priced, max_cost=10_000), tmp_path) as endpoint:
            assert all(isinstance(outcome(endpoint.submit(ask(number))), Reply) for number in range(40))
        assert echo.requests == before + 40 - len(told)


def test_tokens_have_a_budget_of_their_own(tmp_path: Path):
    with Echo() as echo, Endpoint(settings(echo, max_tokens=20, max_tokens_total=100), tmp_path) as endpoint:
        found = [outcome(future) for future in [endpoint.submit(ask(number)) for number in range(40)]]
        assert BudgetSpent.code in found
        assert endpoint.spent.tokens_in + endpoint.spent.tokens_out <= 100


def test_an_estimate_counts_what_would_be_asked(tmp_path: Path):
    with Echo() as echo, Endpoint(settings(echo, price_in=1.0, price_out=2.0), tmp_path) as endpoint:
        asks = [ask(number) for number in range(10)]
        calls, tokens, cost = endpoint.estimate(asks)
        assert calls == 10
        assert tokens > 0
        assert cost > 0
        endpoint.submit(asks[0]).result(PATIENCE)
        assert endpoint.estimate(asks).calls == 9
        assert endpoint.estimate(asks).tokens < tokens  # the length of a reply is known now
    assert echo.requests == 1
