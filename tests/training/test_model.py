"""The tiny model, its tokenizer, its processor, and what an adapter hits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from peft import get_peft_model

from kg_service.core.answer import Answer, render
from kg_service.core.concept import Condition
from training.model import build_tiny, load
from training.settings import Lora
from training.sizes import TinySize
from training.stage import lora_config
from training.tokenizer import ANSWER_TAGS, train_tokenizer

TINY = {
    "hidden": 32, "layers": 1, "heads": 2, "kv_heads": 1, "vision_hidden": 32, "vision_depth": 1, "vision_heads": 2,
    "vocabulary": 400, "pixels": 56,
}  # fmt: skip
TEXTS = ["melanoma", "a pigment network", "You are a helpful assistant."]


def tiny() -> tuple[Any, Any]:
    return build_tiny(TinySize(**TINY), TEXTS, seed=0)


def hit(targets: str) -> set[str]:
    model = get_peft_model(tiny()[0], lora_config(Lora(r=2, targets=targets)))
    return {name.split(".lora_A")[0] for name, _ in model.named_parameters() if ".lora_A" in name}


@pytest.mark.parametrize(
    ("targets", "language", "merger", "tower"),
    [("language", 7, 0, 0), ("language+merger", 7, 2, 0), ("all-linear", 7, 2, 5)],
)
def test_lora_targets_hit_what_they_say(targets, language, merger, tower):
    found = hit(targets)
    assert sum("language_model" in name for name in found) == language
    assert sum(".merger." in name for name in found) == merger
    assert sum(".visual.blocks." in name for name in found) == tower
    assert not any("lm_head" in name for name in found)


def test_answer_tags_are_single_tokens_that_decoding_keeps():
    tokenizer = train_tokenizer(TEXTS, 300)
    reply = render(Answer("a pigment network", "melanoma", Condition.MALIGNANT))
    ids = tokenizer(reply)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == reply
    assert all(len(tokenizer(tag)["input_ids"]) == 1 for tag in ANSWER_TAGS)


def test_the_tokenizer_does_not_depend_on_the_order_of_its_texts():
    assert train_tokenizer(TEXTS, 300).get_vocab() == train_tokenizer(TEXTS[::-1], 300).get_vocab()


def test_text_of_any_language_survives_the_round_trip():
    tokenizer = train_tokenizer(TEXTS, 300)
    text = "Lupus érythémateux — 紅斑 \n\t x"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_saved_model_and_processor_come_back_equal(tmp_path: Path):
    model, processor = tiny()
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    again, reloaded = load(tmp_path)
    assert sum(w.numel() for w in again.parameters()) == sum(w.numel() for w in model.parameters())
    assert reloaded.chat_template == processor.chat_template
    assert reloaded.image_processor.size["longest_edge"] == 56 * 56
    assert reloaded.tokenizer.get_vocab() == processor.tokenizer.get_vocab()
    assert (tmp_path / "video_preprocessor_config.json").is_file()


def test_one_seed_gives_one_model():
    first, second = tiny()[0].state_dict(), tiny()[0].state_dict()
    assert all((first[name] == second[name]).all() for name in first)
