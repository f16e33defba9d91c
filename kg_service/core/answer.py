"""The answer: the three tags a model writes, parsed strictly and rendered back (reward contract, section 1).

`parse` never raises on a model's text; what is not an answer is a `Malformed` value with a stable reason. The
wording that asks for the format lives here too, so that SFT, GRPO and evaluation can never ask for different tags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from .concept import Condition
from .errors import OptionsInvalid, RecordInvalid
from .fold import basic

Dialect = Literal["skin-r1", "released"]
Wording = Literal["diagnose", "compare", "condition"]

MAX_BYTES = 64 * 1024
ABSTAIN = "cannot be determined"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

CONDITION_WORDS: dict[str, Condition] = {
    **{condition.value: condition for condition in Condition},
    "precancerous": Condition.PRECANCEROUS,
    "premalignant": Condition.PRECANCEROUS,
    "in situ": Condition.PRECANCEROUS,
    "precancerous (in situ)": Condition.PRECANCEROUS,
    "precancerous_in_situ": Condition.PRECANCEROUS,
}


class Reason(StrEnum):
    """Why a reply is malformed. Stable: reports and metrics count by these."""

    MISSING_TAG = "missing-tag"
    REPEATED_TAG = "repeated-tag"
    WRONG_ORDER = "wrong-order"
    OUTSIDE_TEXT = "outside-text"
    EMPTY_TAG = "empty-tag"
    UNKNOWN_CONDITION = "unknown-condition"
    TOO_LONG = "too-long"
    AMBIGUOUS_OPTION = "ambiguous-option"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A reply that is not an answer."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed reply: stripped texts and one of the four conditions.

    Raises:
        RecordInvalid: a text is empty, not stripped, or holds one of the answer's own tags, so that rendering it
            could not be parsed back.
    """

    rationale: str
    diagnosis: str
    condition: Condition

    def __post_init__(self) -> None:
        for name, text in (("rationale", self.rationale), ("diagnosis", self.diagnosis)):
            if not text or text != text.strip():
                raise RecordInvalid(f"an answer's {name} must be text without white space around it, not {text!r}")
            if _ANY_TAG.search(text):
                raise RecordInvalid(f"an answer's {name} must not hold an answer tag: {text!r}")


_TAGS: dict[Dialect, tuple[str, ...]] = {
    "skin-r1": ("thinking", "diagnosis", "condition"),
    "released": ("thinking", "final diagnosis"),
}
_ANY_TAG = re.compile(r"</?(thinking|diagnosis|condition|final diagnosis)>", re.IGNORECASE)
_TAG = {
    dialect: re.compile(rf"<(/?)({'|'.join(names)})>", re.IGNORECASE)  # names hold no regex characters
    for dialect, names in _TAGS.items()
}


def parse(text: str, *, options: Sequence[str] | None = None, dialect: Dialect = "skin-r1") -> Answer | Malformed:
    """Read a model's reply.

    Args:
        text: the whole reply.
        options: the labels of a multiple-choice question in order, without their letters. The answer's
            `diagnosis` is then the chosen option's label; a text that names no option stays as it is.
        dialect: "released" reads the format of the published checkpoint, whose last tag holds option and condition.

    Raises:
        OptionsInvalid: the question itself is wrong (no options, more than 26, two alike).
    """
    if options is not None:
        check_options(options)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Malformed(Reason.TOO_LONG)
    parts = _sections(text, dialect)
    if isinstance(parts, Malformed):
        return parts
    if dialect == "released":
        return _released(parts[0], parts[1], options)
    rationale, diagnosis, word = parts
    condition = CONDITION_WORDS.get(basic(word))
    if condition is None:
        return Malformed(Reason.UNKNOWN_CONDITION)
    return _chosen(rationale, diagnosis, condition, options)


def _sections(text: str, dialect: Dialect) -> tuple[str, ...] | Malformed:
    """The stripped contents of the dialect's tags, each once, in order, with nothing outside."""
    names = _TAGS[dialect]
    tags = [(match[1] + match[2].lower(), match.start(), match.end()) for match in _TAG[dialect].finditer(text)]
    seen = [name for name, _, _ in tags]
    wanted = [mark + name for name in names for mark in ("", "/")]
    if any(name not in seen for name in wanted):
        return Malformed(Reason.MISSING_TAG)
    if len(seen) > len(wanted):
        return Malformed(Reason.REPEATED_TAG)
    if seen != wanted:
        return Malformed(Reason.WRONG_ORDER)
    edges = [0, *(place for _, start, end in tags for place in (start, end)), len(text)]
    pieces = [text[start:end].strip() for start, end in zip(edges[::2], edges[1::2], strict=True)]
    outside, inside = pieces[::2], pieces[1::2]
    if any(outside):
        return Malformed(Reason.OUTSIDE_TEXT)
    if not all(inside):
        return Malformed(Reason.EMPTY_TAG)
    return tuple(inside)


def _chosen(rationale: str, diagnosis: str, condition: Condition, options: Sequence[str] | None) -> Answer | Malformed:
    if options is not None:
        picked = _pick(diagnosis, options)
        if isinstance(picked, Malformed):
            return picked
        diagnosis = picked
    if _ANY_TAG.search(rationale) or _ANY_TAG.search(diagnosis):
        # Only the other dialect's tag can still be inside; a reply that mixes dialects is not an answer.
        return Malformed(Reason.OUTSIDE_TEXT)
    return Answer(rationale, diagnosis, condition)


# `B.`, `B)`, `(B)`, with or without the label after it.
_LETTERED = re.compile(r"(?:\(\s*([A-Za-z])\s*\)|([A-Za-z])\s*[.)])\s*(.*)", re.DOTALL)


def _pick(text: str, options: Sequence[str]) -> str | Malformed:
    """The label of the option that a text names, the text itself where it names none."""
    by_label = {basic(option): option for option in options}
    if whole := by_label.get(basic(text)):
        return whole
    if len(text) == 1 and text.upper() in LETTERS[: len(options)]:
        return options[LETTERS.index(text.upper())]
    if (match := _LETTERED.fullmatch(text)) is None:
        return text
    letter, label = (match[1] or match[2]).upper(), match[3].strip()
    if letter not in LETTERS[: len(options)]:
        # A letter nobody offered, beside a label somebody did, is a contradiction; alone it is just a wrong text.
        return Malformed(Reason.AMBIGUOUS_OPTION) if basic(label) in by_label else text
    option = options[LETTERS.index(letter)]
    if label and basic(label) != basic(option):
        return Malformed(Reason.AMBIGUOUS_OPTION)
    return option


def check_options(options: Sequence[str]) -> None:
    """Refuse a multiple-choice question that no reply could answer.

    Raises:
        OptionsInvalid: no options, more than 26, an empty one, or two alike.
    """
    forms = [basic(option) for option in options]
    if not 1 <= len(forms) <= len(LETTERS) or not all(forms) or len(set(forms)) < len(forms):
        raise OptionsInvalid(f"a question needs 1 to 26 different, non-empty options, not {list(options)!r}")


# The published checkpoint writes the option and the lesion condition into one tag: "B: melanoma, malignant".
_RELEASED_OPTION = re.compile(r"\(?([A-Z])\)?\s*[:.)]\s*(.*)", re.DOTALL)
# Possessive, and only from where a run of marks begins: a reply of 64 KiB of spaces is read in one go.
_RELEASED_CONDITION = re.compile(
    r"(?<![\s,;.:(\[-])[\s,;.:(\[-]*+(?:lesion )?(?:condition)?[\s:]*+"
    r"\b(benign|malignant|precancerous in situ|precancerous_in_situ|precancerous|in situ)\b[\s.)\]]*+$",
    re.IGNORECASE,
)


def _released(rationale: str, final: str, options: Sequence[str] | None) -> Answer | Malformed:
    """Split `<final diagnosis>` into diagnosis and condition, which stands last."""
    match = _RELEASED_CONDITION.search(final)
    if match is None:
        return Malformed(Reason.UNKNOWN_CONDITION)
    diagnosis = final[: match.start()].strip()
    if not diagnosis or re.search(r"\b(not|non|no)$", basic(diagnosis)):
        return Malformed(Reason.EMPTY_TAG if not diagnosis else Reason.UNKNOWN_CONDITION)
    word = basic(match[1]).replace("_", " ")
    condition = Condition.PRECANCEROUS if "situ" in word or "precancerous" in word else Condition(word)
    lettered = _RELEASED_OPTION.fullmatch(diagnosis)
    if lettered and options is not None:  # this dialect writes "B: label"; the strict rules know "B. label"
        diagnosis = f"{lettered[1]}. {lettered[2]}".strip()
    return _chosen(rationale, diagnosis, condition, options)


def render(answer: Answer, *, dialect: Dialect = "skin-r1") -> str:
    """Write an answer; `parse(render(a)) == a` for every valid answer in the project's own dialect.

    The released dialect knows three conditions: there, non-neoplastic is written as benign.
    """
    if dialect == "released":
        condition = Condition.BENIGN if answer.condition is Condition.NON_NEOPLASTIC else answer.condition
        word = "precancerous in situ" if condition is Condition.PRECANCEROUS else condition.value
        return f"<thinking>{answer.rationale}</thinking>\n<final diagnosis>{answer.diagnosis}, {word}</final diagnosis>"
    return (
        f"<thinking>{answer.rationale}</thinking>\n"
        f"<diagnosis>{answer.diagnosis}</diagnosis>\n"
        f"<condition>{answer.condition.value}</condition>"
    )


def instruction(
    options: Sequence[str] | None = None,
    *,
    dialect: Dialect = "skin-r1",
    wording: Wording = "diagnose",
    template: str = "",
) -> str:
    """The question put to a student model, in SFT, GRPO and evaluation alike.

    Args:
        options: labels to choose from; None asks openly.
        wording: "compare" asks to weigh the options against each other first, "condition" only for the kind of lesion.
            The published dialect has one wording for all.
        template: a foreign checkpoint's own question, which goes before all else; `{options}` in it stands for the
            options on one line.

    Raises:
        OptionsInvalid: see `check_options`; or the template has no place for the options.
    """
    marked: list[str] = []
    if options is not None:
        check_options(options)
        mark = ":" if dialect == "released" else "."
        marked = [f"{LETTERS[place]}{mark} {option}" for place, option in enumerate(options)]
    if template:
        if marked and "{options}" not in template:
            raise OptionsInvalid("the question of the checkpoint's own has no {options}, so that none can be offered")
        return template.replace("{options}", " ".join(marked)).strip()
    listed = "".join(f"\n{line}" for line in marked)
    if dialect == "released":
        return (
            "Given the dermatology image, answer: What type of abnormality is present in this image?" + listed + "\n"
            "Answer as <thinking>key features</thinking> <final diagnosis>the single most likely and most specific "
            "option, then the lesion condition (benign, malignant or precancerous in situ)</final diagnosis>."
        )
    if wording == "condition":
        task = f"Is this image {', '.join(list(Condition)[:-1])} or {list(Condition)[-1]}?"
    elif wording == "compare":
        task = "Diagnose this image: weigh the options against each other, sign by sign, then choose one."
    else:
        task = "Diagnose this image." if options is None else "Diagnose this image: choose one option."
    return f"{task} Answer with <thinking>, <diagnosis> and <condition>.{listed}"
