"""The base stage: a tiny model learns to see and to speak, standing in for a pre-trained VLM.

It is told how images look and what the release says about diseases in text alone. It never sees an image beside its
diagnosis or condition: what it knows of diagnosing, it gets from SFT and GRPO. The answer's format it knows only where
`captions.guesses` asks for it, with diagnoses that are drawn at random.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from kg_service.core.answer import CONDITION_WORDS, Answer, instruction, render
from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Trajectory
from kg_service.job import read_jsonl

from .data import Row, read_cases, spread
from .eyes import open_eyes
from .images import computed_looks
from .model import build_tiny, load
from .resuming import last_checkpoint
from .settings import BaseConfig
from .sft import fine_tune

LOOK = "Describe this image."


def terms(case: Case, knowledge: Knowledge, looks: str) -> tuple[str, ...]:
    """What is said about one image: its annotated features, or words computed from its pixels.

    Raises:
        RecordInvalid: `findings` is asked for and the case has none.
    """
    if looks == "computed":
        with Image.open(case.image) as image:
            return computed_looks(image)
    seen = tuple(knowledge.feature(finding.feature).pref_label for finding in case.findings if finding.present)
    if not seen:
        raise RecordInvalid(f"case {case.id} has no findings to caption; set captions.looks = 'computed'")
    return seen


def look_rows(cases: Iterable[Case], knowledge: Knowledge, looks: str) -> list[Row]:
    """One caption per image: its terms, in the order they are given."""
    return [Row(LOOK, ", ".join(terms(case, knowledge, looks)) + ".", case.image, case_id=case.id) for case in cases]


def fact_rows(golds: Iterable[str], knowledge: Knowledge) -> list[Row]:
    """Text-only facts of the release about the diseases of the data: signs, lineage and condition of each."""
    found: list[Row] = []
    for gold in sorted(set(golds)):
        label = knowledge.label(gold)
        signs = [
            knowledge.feature(f).pref_label for f, polarity in knowledge.profile(gold).items() if polarity.supports
        ]
        if signs:
            found.append(Row(f"What are the signs of {label}?", ", ".join(signs) + "."))
        above = [knowledge.label(concept) for concept in knowledge.lineage(gold)]
        found.append(Row(f"What kind of disease is {label}?", " > ".join(above) + "."))
        condition = knowledge.condition(gold)
        if condition is not None:
            found.append(Row(f"Is {label} dangerous?", f"{label} is {condition.value}."))
    return found


def guess_rows(cases: Sequence[Case], knowledge: Knowledge, config: BaseConfig, chance: random.Random) -> list[Row]:
    """The question answered in the answer's format, `guesses` times an image: its looks, and a diagnosis by chance.

    Each concept on the lineage of any gold is as likely as another, whatever the image shows.
    """
    concepts = sorted({concept for case in cases for concept in knowledge.lineage(case.gold)})
    found: list[Row] = []
    for case in cases if config.captions.guesses else ():
        seen = ", ".join(terms(case, knowledge, config.captions.looks)) + "."
        for _ in range(config.captions.guesses):
            concept = chance.choice(concepts)
            condition = knowledge.condition(concept) or chance.choice(list(Condition))  # a mixed group has none
            reply = render(Answer(seen, knowledge.label(concept), condition))
            view = chance.randrange(1, 2**31) if config.data.augment else 0
            found.append(Row(instruction(), reply, case.image, case_id=case.id, view=view))
    return found


def rows(config: BaseConfig, knowledge: Knowledge) -> list[Row]:
    """All captions, facts and guesses, shuffled."""
    cases = read_cases(config.data)
    looks = spread(look_rows(cases, knowledge, config.captions.looks), config.data, config.seed)
    facts = fact_rows((case.gold for case in cases), knowledge) * config.captions.facts
    guesses = guess_rows(cases, knowledge, config, random.Random(f"guesses/{config.seed}"))
    found = [*looks, *facts, *guesses]
    random.Random(config.seed).shuffle(found)
    return found


def vocabulary(config: BaseConfig, rows: Sequence[Row], knowledge: Knowledge) -> list[str]:
    """What the tokenizer is trained on: the rows, the question, the labels of every gold's lineage, and the replies.

    Replies only shape the vocabulary here; the model is not trained on them.
    """
    texts = [text for row in rows for text in (row.prompt, row.completion)]
    golds = {case.gold for case in read_cases(config.data)}
    labels = {knowledge.label(concept) for gold in golds for concept in knowledge.lineage(gold)}
    labels |= {label for gold in golds for sign in knowledge.profile(gold) for label in knowledge.feature(sign).labels}
    replies = []
    if config.captions.replies:
        replies = [row.reply for row in read_jsonl(Path(config.captions.replies), Trajectory)]
    words = [instruction(), "You are a helpful assistant.", "system\nuser\nassistant\n"]
    return [*texts, *words, *sorted(labels), *(f" {label}" for label in sorted(labels)), *replies, *CONDITION_WORDS]


def train(config: BaseConfig, rows: list[Row], knowledge: Knowledge, run_dir: Path) -> None:
    """Build the tiny model, train all of its weights, leave `checkpoint/`."""
    model, processor = build_tiny(config.tiny, vocabulary(config, rows, knowledge), config.seed)
    if config.eyes.steps:
        cases = read_cases(config.data)
        held = [frozenset(terms(case, knowledge, config.captions.looks)) for case in cases]
        images = [case.image for case in cases]
        open_eyes(model, processor, images, held, config.eyes, config.seed, run_dir / "eyes.safetensors")
    resume = last_checkpoint(run_dir)
    if resume is not None:
        # With full fine-tuning the trainer's own resume would silently keep the fresh weights.
        model, _ = load(resume)
    if config.captions.freeze:
        for name, weight in model.named_parameters():
            weight.requires_grad = ".visual." not in name or ".merger." in name
    fine_tune("base", config, rows, model, processor, run_dir, lora=None)
