"""The twin speaks the API, answers from the facts alone, and fails only as told."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from kg_service.core.errors import ConfigInvalid
from synth.echo import KINDS, Echo, Faults
from synth.echo.answers import reply, said

DISEASES: list[dict[str, Any]] = [
    {"alias": "N1", "name": "plaque psoriasis", "condition": "non-neoplastic", "above": ["C1"],
     "characteristic": ["F1"], "present": ["F2"], "variable": [], "absent": ["F3"]},
    {"alias": "N2", "name": "dermatophytosis", "condition": "non-neoplastic", "above": ["C1"],
     "characteristic": ["F3"], "present": ["F2"], "variable": [], "absent": ["F1"]},
]  # fmt: skip
FACTS: dict[str, Any] = {
    "task": "revise", "words": [8, 260], "record": {},
    "names": {"F1": "silvery scale", "F2": "erythema", "F3": "central clearing", "C1": "inflammatory disease"},
    "image": {"shows": ["F1", "F2"], "lacks": ["F3"]},
    "diseases": DISEASES,
}  # fmt: skip


def body(facts: dict[str, Any]) -> dict[str, Any]:
    return {"model": "echo", "messages": [{"role": "user", "content": json.dumps(facts)}]}


def answer(facts: dict[str, Any], seed: str = "1", wrong: bool = False) -> dict[str, Any]:
    return json.loads(reply(said(body(facts)), seed, wrong=wrong))


def test_it_chooses_what_the_signs_speak_for_whatever_the_order():
    turned = FACTS | {"diseases": DISEASES[::-1]}
    assert [answer(FACTS)["choice"], answer(turned)["choice"]] == ["N1", "N1"]
    assert answer(FACTS | {"image": {"shows": ["F3", "F2"], "lacks": ["F1"]}})["choice"] == "N2"
    assert answer(FACTS, wrong=True)["choice"] == "N2"
    assert answer(FACTS | {"answer": "N2"})["choice"] == "N2"


def test_what_it_cites_is_what_it_names():
    names = FACTS["names"] | {row["alias"]: row["name"] for row in DISEASES}
    for kind in ("direct", "keep", "revise"):
        for seed in "abcdef":
            for step in answer(FACTS | {"task": kind}, seed)["steps"]:
                named = {alias for alias, name in names.items() if name in step["text"].lower()}
                assert named == set(step["refs"])


def test_another_schema_is_filled_by_its_shape():
    grades = {"type": "object", "properties": {"style": {"type": "integer", "enum": [1, 2, 3, 4, 5]}}}
    form = {"type": "json_schema", "json_schema": {"name": "grades", "schema": grades}}
    asked = {"messages": [{"role": "user", "content": "Grade this."}], "response_format": form}
    assert json.loads(reply(said(asked), "1")) == {"style": 5}


def test_it_speaks_the_api():
    with Echo() as echo:
        [model] = httpx.get(f"{echo.url}/models").json()["data"]
        answered = httpx.post(f"{echo.url}/chat/completions", json=body(FACTS)).json()
        assert httpx.get(f"{echo.url}/files").status_code == 404
        assert httpx.post(f"{echo.url}/chat/completions", json={"messages": []}).status_code == 400
    assert model["id"] == answered["model"] == "echo"
    assert answered["choices"][0]["finish_reason"] == "stop"
    assert answered["usage"]["total_tokens"] > answered["usage"]["completion_tokens"] > 0


def test_faults_come_in_their_share_and_come_again_in_another_run():
    faults = Faults(["429=0.2", "empty=0.3"], seed=3)
    drawn = [faults.draw(f"request {number}", 1) for number in range(2000)]
    shares = Counter(drawn)
    assert abs(shares["429"] - 400) < 60
    assert abs(shares["empty"] - 600) < 70
    assert drawn == [Faults(["429=0.2", "empty=0.3"], seed=3).draw(f"request {n}", 1) for n in range(2000)]
    assert [faults.draw(f"request {n}", 2) for n in range(2000)] != drawn  # asked again, drawn again


@pytest.mark.parametrize("told", [["429=0.6", "500=0.6"], ["flood=0.1"], ["429=much"], ["429=-1"], ["429"]])
def test_faults_that_cannot_be_are_refused(told: list[str]):
    with pytest.raises(ConfigInvalid):
        Faults(told)


def test_every_kind_of_fault_can_be_had():
    asked = body(FACTS)
    for kind in KINDS:
        with Echo([f"{kind}=1"], delay=0) as echo:
            try:
                answered = httpx.post(f"{echo.url}/chat/completions", json=asked)
            except httpx.RemoteProtocolError:
                assert kind == "dropped"
            else:
                assert answered.status_code == (int(kind) if kind.isdigit() else 200)
            assert echo.faults == {kind: 1}
