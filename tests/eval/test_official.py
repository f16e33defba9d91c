"""The published scorer as it is, beside the strict one: where they differ, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.official import compare, letter
from eval.prediction import Prediction, Task
from eval.score import score_predictions
from kg_service.core.answer import Malformed, Reason, parse
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER
from kg_service.job import read_jsonl

from ..conftest import ROOT
from .rows import case, folder_of_cases, prediction, snapshot

SSM = "superficial-spreading-melanoma"


def said(text: str) -> str:
    return f"<thinking>irregular border</thinking>\n<final diagnosis>{text}</final diagnosis>"


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        (said("C: melanoma, malignant"), "C"),
        (said("(d)"), "D"),
        (said("malignant melanoma"), "A"),  # the first a, in the middle of a word
        (said("benign nevus"), "B"),
        (said("melanoma (option C)"), "E"),
        (said("P: psoriasis, benign"), "I"),  # P cannot be read, so the i of psoriasis is
        (said("M"), "Z"),
        ("C: melanoma, malignant", "Z"),
        ("<FINAL DIAGNOSIS>k</FINAL DIAGNOSIS> <final diagnosis>A</final diagnosis>", "K"),
    ],
)
def test_the_first_letter_from_a_to_k_counts_wherever_it_stands(reply: str, read: str) -> None:
    assert letter(reply) == read


def test_a_reply_of_64_kib_of_spaces_is_read_at_once() -> None:
    for filler in (" ", "benign ", "lesion ", ": "):
        text = said(f"C{filler * (60_000 // len(filler))}x")
        assert parse(text, dialect="released") == Malformed(Reason.UNKNOWN_CONDITION)
    assert letter("<final diagnosis>" * 100_000) == "Z"


def choice(number: int, text: str, options: tuple[str, ...], right: str = SSM) -> Prediction:
    more = {"options": options, "dialect": "released", "task": Task.CHOICE, "about": {"rule": "path", "right": right}}
    return prediction(number, text, **more)


def test_both_accuracies_and_every_item_on_which_the_two_differ(knowledge: Knowledge) -> None:
    options = ("psoriasis", "melanoma", "superficial spreading melanoma", "basal cell carcinoma")
    rows = [
        choice(0, said("C: superficial spreading melanoma, malignant"), options),  # right by both
        choice(1, said("superficial spreading melanoma, malignant"), options),  # by its label: the published reads E
        choice(2, said("a cancer, malignant"), options[2:]),  # names no option, and its first letter is the right one
        choice(3, said("B: melanoma, malignant"), options),  # the gold's own ancestor: coarse
        choice(4, "nothing", options),
    ]
    cases = [case(number, SSM) for number in range(5)]
    found = compare(rows, score_predictions(rows, cases, knowledge, PAPER), cases, knowledge)
    told = found.as_json()
    assert (told["items"], told["official_accuracy"], told["fixed_accuracy"]) == (5, 2 / 5, 2 / 5)
    assert [(one.case_id, one.official, one.fixed) for one in found.differences] == [("c1", "E", "C"), ("c2", "A", "")]
    assert (found.with_ancestors, found.coarse, found.unparsed, found.malformed) == (4, 1, 1, 1)


def test_an_option_beyond_k_can_never_be_right_by_the_published_scorer(knowledge: Knowledge) -> None:
    labels = [concept.pref_label for concept in knowledge.concepts.values() if concept.id != SSM][:11]
    rows = [choice(0, said("L: superficial spreading melanoma, malignant"), (*labels, knowledge.label(SSM)))]
    cases = [case(0, SSM)]
    found = compare(rows, score_predictions(rows, cases, knowledge, PAPER), cases, knowledge)
    assert (found.unreadable, found.official_right, found.fixed_right) == (1, 0, 1)


def test_replies_in_another_dialect_are_not_for_the_published_scorer(knowledge: Knowledge) -> None:
    rows = [prediction(0, "x", options=("psoriasis", "melanoma"), task=Task.CHOICE)]
    cases = [case(0, SSM)]
    with pytest.raises(RecordInvalid, match="released"):
        compare(rows, score_predictions(rows, cases, knowledge, PAPER), cases, knowledge)


def test_a_released_adapter_is_asked_and_scored_by_the_documented_commands(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    """Both commands of eval/configs/released.toml, on a tiny model with a tiny adapter."""
    pytest.importorskip("peft")
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    from .tiny import save_tiny

    folder_of_cases(tmp_path, 8)
    base = save_tiny(tmp_path / "base")
    torch.manual_seed(0)
    adapted = get_peft_model(
        AutoModelForImageTextToText.from_pretrained(base), LoraConfig(r=2, target_modules=["q_proj", "v_proj"])
    )
    adapted.save_pretrained(tmp_path / "adapter")
    given = [f"cases={tmp_path}/cases.jsonl", f"knowledge.path={snapshot(tmp_path, knowledge)}", "splits=[]"]
    model = [f"model.path={base}", f"model.adapter={tmp_path}/adapter", "model.dtype=float32", "model.max_pixels=3136"]

    def door(verb: str, config: str, folder: str, *sets: str) -> int:
        told = [part for one in (*given, *sets) for part in ("--set", one)]
        return main([verb, str(ROOT / "eval" / "configs" / config), "--run-dir", str(tmp_path / folder), *told])

    assert door("predict", "released.toml", "p", *model, "generation.max_new_tokens=8", "threads=1") == 0
    rows = list(read_jsonl(tmp_path / "p" / "predictions.jsonl", Prediction))
    assert {(row.dialect, row.task) for row in rows} == {("released", Task.CHOICE)}
    assert all("<final diagnosis>" in row.prompt and "A: " in row.prompt for row in rows)
    assert door("score", "score.toml", "s", f"predictions={tmp_path}/p/predictions.jsonl", "resamples=20") == 0
    told = json.loads((tmp_path / "s" / "official.json").read_text())
    assert told["items"] == len(rows) == 8
    assert told["fixed_malformed"] == 8  # random weights say nothing
