"""A plan as text for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from .hours import BUSY, CARDS
from .memory import SURE, WAYS
from .parameters import Weights
from .plan import Cost, Plan
from .work import GPUS

WIDTH, MARGIN = 116, 13
CAREFUL = (
    "Memory is an estimate, a quarter more or less. Hours are a guess within a factor of three, from data sheets at "
    f"{BUSY[1]:.0%} to {BUSY[0]:.0%} of their peak. Nothing here was measured: the first logged steps tell better."
)


def tell(plan: Plan) -> str:
    """The plan, section by section. Commands stand on one line each, to be copied."""
    sections = [_what(plan), _data(plan), _work(plan), _cost(plan), _how(plan)]
    return "\n\n".join("\n".join(section) for section in map(list, sections) if section) + "\n"


def _line(word: str, text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=word.ljust(MARGIN),
        subsequent_indent=" " * MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _verbatim(word: str, text: str) -> str:
    return word.ljust(MARGIN) + text.replace("\n", "\n" + " " * MARGIN)


def _what(plan: Plan) -> Iterable[str]:
    yield _line("stage", plan.stage)
    yield _line("knowledge", f"{plan.release or 'a snapshot file'}, {plan.digest}")
    if plan.reward:
        yield _line("reward", f"{plan.reward}, {plan.reward_digest}")
    if plan.weights is not None:
        yield _line("model", f"{plan.config['model']['path']}, {_weights(plan.weights)}")


def _weights(weights: Weights) -> str:
    trained = ", ".join(f"{part} {_short(count)}" for part, count in weights.trained.items())
    what = weights.adapter or "all weights"
    return f"{_short(weights.total)} weights; trained: {what}, {_short(weights.trainable)} ({trained})"


def _data(plan: Plan) -> Iterable[str]:
    facts = plan.facts
    data, asked = plan.config["data"], f"; {facts.choice} asked with options" if facts.choice else ""
    rows = f"{facts.rows:,} rows on {facts.images:,} images, {facts.golds} diagnoses{asked}"
    yield _line("data", f"split {data['split']} of {data['cases']}: {rows}")
    if facts.levels:
        yield _line("golds", ", ".join(f"level {level}: {count:,}" for level, count in facts.levels.items()))
        yield _line("", ", ".join(f"{name}: {count:,}" for name, count in facts.conditions.items()))
    yield _verbatim("example", facts.question)
    if facts.answer:
        yield _verbatim("  its answer", facts.answer)


def _work(plan: Plan) -> Iterable[str]:
    work, tokens = plan.work, plan.tokens
    each = f" x {work.generations} completions = {work.sequences} sequences" if work.generations else ""
    passed = "one pass" if round(work.epochs, 2) == 1 else f"{work.epochs:.3g} passes"
    rate = f"learning rate {plan.learning_rate:g}"
    yield _line("steps", f"{work.steps:,}, each of {work.prompts:g} rows{each}: {passed} over the data; {rate}")
    if tokens is not None:
        most = " at most" if work.generations else ""
        yield _line(
            "tokens",
            f"{tokens.row:.0f} a row: image {tokens.image:.0f}, question {tokens.prompt:.0f}, completion "
            f"{tokens.completion:.0f}{most}; the longest row {tokens.longest}; "
            f"{_short(tokens.row * work.sequences * work.steps)} in all{most} ({tokens.how})",
        )


def _cost(plan: Plan) -> Iterable[str]:
    if plan.cost is None:
        return
    cost, count = plan.cost, plan.work.processes
    several = count > 1
    yield f"ESTIMATES for {count} training GPU{'s' * several} (set {GPUS} to plan for another number)"
    for way in WAYS if several else WAYS[:1]:
        parts = cost.memory[way]
        listed = ", ".join(f"{part} {size:.1f}" for part, size in parts.items() if part != "all" and size >= 0.05)
        whose = NAMES[way] if several else "GPU"
        yield _line("memory", f"{whose}: {parts['all']:.0f} GB, {_fits(parts['all'])} ({listed})")
    yield _line("time", "; ".join(_range(name, cost) for name in CARDS))
    yield _line("disk", f"{cost.disk:.1f} GB for checkpoints and the merged model")
    yield _line("", CAREFUL)


NAMES = {"ddp": "the whole model on each", "zero2": "ZeRO-2", "zero3": "ZeRO-3 or FSDP2"}


def _fits(size: float) -> str:
    sure = [name for name, card in CARDS.items() if size < SURE * card.memory]
    tight = [name for name, card in CARDS.items() if SURE * card.memory <= size < card.memory]
    said = [f"fits {', '.join(sure)}"] if sure else []
    said += [f"tight on {', '.join(tight)}"] if tight else []
    return "; ".join(said) or "fits none of " + ", ".join(CARDS)


def _range(name: str, cost: Cost) -> str:
    low, high = cost.hours[name]
    return f"{name} {low:.1f} to {high:.1f} h" if high >= 0.2 else f"{name} minutes"


def _how(plan: Plan) -> Iterable[str]:
    for note in plan.notes:
        yield _line("note", note)
    for command in plan.commands:
        yield _verbatim("run", command)


def _short(count: float) -> str:
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f}"
