"""Which figures there are and what each asks. A panel that no run has values for is left out; so is an empty figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .history import Run

Kind = Literal["lines", "levels", "reasons", "looks"]


@dataclass(frozen=True, slots=True)
class Panel:
    """`lines`: one column, a line for each run. The others are of one run: `levels` and `reasons` stack the shares of
    all columns that begin with `column`, `looks` sets the probes with their images against the blank ones.
    """

    title: str
    column: str
    percent: bool = False
    kind: Kind = "lines"
    run: str = ""
    also: str = ""  # the column of older runs
    floor: float | None = None  # the axis reaches down to this
    smooth: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """`question` is its heading, `reading` says how to read it."""

    key: str
    question: str
    reading: str
    panels: tuple[Panel, ...]


FIGURES = (
    Figure(
        "reward",
        "Does the policy earn more, and by which term?",
        "Means over all completions. Format alone can be had without knowing anything.",
        (
            Panel("total", "reward"),
            Panel("format", "reward/format", floor=0),
            Panel("granularity", "reward/granularity", floor=0),
            Panel("condition", "reward/condition", floor=0),
            Panel("grounding", "reward/grounding", floor=0),
        ),
    ),
    Figure(
        "answers",
        "Are the answers right?",
        "Shares of all completions; “names a concept” is of the well-formed ones, “on the path” is right at any depth.",
        (
            Panel("exact", "exact", percent=True),
            Panel("on the path", "on_path", percent=True),
            Panel("names a concept", "resolved", percent=True),
            Panel("abstains", "abstained", percent=True),
            Panel("malformed", "malformed", percent=True),
        ),
    ),
    Figure(
        "levels",
        "How deep do the answers go?",
        "Levels of the concepts that are named, 1 the coarsest; what is missing to 100 % names none. A mean that falls "
        "while the reward holds is a policy that plays safe.",
        (Panel("mean level", "level", floor=1), Panel("levels", "level/", kind="levels")),
    ),
    Figure(
        "malformed",
        "Why are replies malformed?",
        "Shares of all completions, by the first fault found.",
        (Panel("faults", "malformed/", kind="reasons"),),
    ),
    Figure(
        "policy",
        "How far has the policy gone?",
        "KL to the reference in nats a token. In idle groups all completions earn alike: they teach nothing.",
        (
            Panel("KL", "kl", floor=0),
            Panel("entropy", "entropy", floor=0),
            Panel("idle groups", "frac_reward_zero_std", percent=True),
        ),
    ),
    Figure(
        "lengths",
        "Does it still give reasons?",
        "Means over completions; reasons are counted in well-formed ones.",
        (
            Panel("completion, tokens", "completions/mean_length", floor=0),
            Panel("rationale, words", "rationale_words", floor=0),
            Panel("cut off at the limit", "completions/clipped_ratio", percent=True),
        ),
    ),
    Figure(
        "probes",
        "Does it look, and does it remember?",
        "Reward of greedy replies to the same cases with their images and with blank ones: where the lines meet, the "
        "image is not used. Loss on trajectories of SFT, nats a token.",
        (Panel("", "watch/probe_reward", kind="looks"), Panel("loss on SFT trajectories", "watch/sft_loss")),
    ),
    Figure(
        "learning",
        "Does it learn the trajectories?",
        "Loss on the completions alone.",
        (
            Panel("loss", "loss"),
            Panel("token accuracy", "mean_token_accuracy", percent=True),
            Panel("learning rate", "learning_rate", floor=0, smooth=False),
            Panel("gradient norm", "grad_norm"),
        ),
    ),
    Figure(
        "speed",
        "What does a step cost?",
        "Without probes and saving. The reward should take less than 1 % of a step.",
        (
            Panel("seconds a step", "step_seconds", also="step_time", floor=0),
            Panel("reward's share", "reward_share", percent=True),
            Panel("samples a second", "samples_per_second", floor=0),
            Panel("tokens a second", "tokens_per_second", floor=0),
            Panel("peak GPU memory, GB", "peak_memory_gb", floor=0),
        ),
    ),
)


def figures(runs: Sequence[Run]) -> list[Figure]:
    """The figures these runs have something for; panels of one run are repeated for each run that has them."""
    rewarded = any(run.columns("reward/") for run in runs)
    found: list[Figure] = []
    for figure in FIGURES:
        if (figure.key == "learning" and rewarded) or (figure.key == "policy" and not rewarded):
            continue  # the loss of GRPO says nothing, and SFT has no reference to go away from
        panels = tuple(own for panel in figure.panels for own in _panels(panel, runs))
        if panels:
            found.append(replace(figure, panels=panels))
    return found


def _panels(panel: Panel, runs: Sequence[Run]) -> list[Panel]:
    if panel.kind == "lines":
        name = panel.column if any(run.column(panel.column)[0] for run in runs) else panel.also
        held = [value for run in runs for value in run.column(name)[1]]
        never = panel.column in ("reward/grounding", "abstained", "completions/clipped_ratio") and not any(held)
        return [replace(panel, column=name)] if held and not never else []
    found: list[Panel] = []
    for run in runs:
        held = [value for name in run.columns(panel.column) for value in run.column(name)[1]]
        if any(held) or (held and panel.kind == "looks"):
            found.append(replace(panel, title=f"{panel.title} of {run.name}".strip(), run=run.name))
    return found
