"""Bodies and answers about unmapped labels, the decisions on them, and the label counts of datasets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, field_validator

from ..core.concept import Condition
from ..core.suggestion import Rule, Step
from . import MAX_RESOLVE_ROWS, Wire
from .answers import Answer, ResolvedLabel
from .changes import Id, Label

MAX_LABELS = MAX_RESOLVE_ROWS
# Far above any dataset, far below what a column of a database can add up.
_MOST_IMAGES = 1_000_000_000

DatasetName = Annotated[Label, StringConstraints(max_length=120)]
JobName = Annotated[Label, StringConstraints(max_length=200)]
Images = Annotated[int, Field(ge=0, le=_MOST_IMAGES, strict=True)]
Verdict = Literal["same-as", "broader", "several", "not-a-disease", "cannot-tell"]
Scope = Literal["dataset", "everywhere"]
# A reason is one paragraph; it becomes part of a proposal's message.
Reason = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$", max_length=2_000)]


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [value]})


# -- what is sent ------------------------------------------------------------------------------------------------------


class UnmappedItem(Wire):
    """A label of a dataset that named no single concept, and how many images carry it."""

    dataset: DatasetName
    label: Label
    images: Images
    reason: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=200)] = ""


class UnmappedReport(Wire):
    """What did not resolve in a job's run. It replaces what the job reported before about the same datasets."""

    job: JobName
    items: Annotated[list[UnmappedItem], Field(max_length=MAX_LABELS)]

    model_config = _example(
        {
            "job": "synth",
            "items": [{"dataset": "fitzpatrick17k", "label": "melanomma", "images": 12, "reason": "unknown"}],
        }
    )


class DecisionRequest(Wire):
    """What an unmapped label means. `concepts`: one for same-as and broader, at least two for several, else none."""

    dataset: DatasetName
    label: Label
    decision: Verdict
    concepts: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    scope: Scope = Field("dataset", description="everywhere: the label becomes a name of the concept (only same-as)")
    reason: Reason = ""

    model_config = _example(
        {
            "dataset": "fitzpatrick17k",
            "label": "melanomma",
            "decision": "same-as",
            "concepts": ["melanoma"],
            "scope": "everywhere",
            "reason": "misspelt",
        }
    )


class DatasetLabels(Wire):
    """How many images of a dataset carry each label. Replaces what was registered before."""

    labels: Annotated[dict[Label, Images], Field(max_length=MAX_LABELS)]

    model_config = _example({"labels": {"melanoma": 511, "nevus": 6705}})

    @field_validator("labels", mode="before")
    @classmethod
    def _no_count_is_lost(cls, given: Any) -> Any:
        if isinstance(given, dict) and len({str(label).strip() for label in given}) < len(given):
            raise ValueError("two labels differ only in the spaces around them")
        return given


# -- what is answered --------------------------------------------------------------------------------------------------


class ReportKept(Answer):
    """How many labels of a report were kept; the same label twice counts once."""

    labels: int = Field(ge=0)


class UnmappedSuggestion(Answer):
    """A concept that the label may mean. There is no percentage, because nobody has measured one."""

    concept: str
    pref_label: str
    condition: Condition | None = Field(description="null for a group whose members differ")
    matched: str = Field(description="the name that was compared")
    step: Step = Field(description="only a strong one may be offered as the first thing to press")
    rule: Rule
    reason: str = Field(description="in plain words")


class JobCount(Answer):
    """One job's newest word on a label."""

    job: str
    images: int
    reason: str
    at: str


class DecisionInfo(Answer):
    """A decision on a label. `proposal` is null for cannot-tell."""

    number: int
    dataset: str
    label: str
    decision: Verdict
    concepts: list[str]
    scope: Scope
    reason: str
    author: str
    at: str
    proposal: int | None
    proposal_state: str | None


class UnmappedEntry(Answer):
    """A label in the inbox."""

    dataset: str
    label: str
    images: int = Field(
        description="the largest of the jobs' counts: they read the same images, so a sum would count them twice"
    )
    state: Literal["open", "decided"]
    why: str | None = Field(description="why it names no single concept, in plain words; null for a decided one")
    suggestions: list[UnmappedSuggestion] = Field(description="the best first; none for a text that denies or doubts")
    now: ResolvedLabel = Field(description="what the draft makes of it")
    reports: list[JobCount] = Field(description="what each job says, the most images first")
    decision: DecisionInfo | None


class UnmappedPage(Answer):
    """Labels in the inbox, the most images first, and the cursor of the next page; null where there is none."""

    items: list[UnmappedEntry]
    next: str | None


class DecisionPreview(Answer):
    """What a decision would do."""

    changes: list[str] = Field(description="one sentence per change")
    warning: str | None = Field(description="a malignant reading of what may also be benign, or the reverse")


class DecisionMade(DecisionPreview):
    """A decision, and what it proposes."""

    decision: DecisionInfo


class DatasetInfo(Answer):
    """A dataset whose label counts are registered."""

    name: str
    labels: int
    images: int
    at: str = Field(description="when it was registered last, ISO 8601, UTC")
    author: str


class DatasetList(Answer):
    """All registered datasets by name."""

    items: list[DatasetInfo]


class DatasetLabel(Answer):
    """A label of a dataset: how many images carry it, and what it means in the release asked for."""

    label: str
    images: int
    now: ResolvedLabel


class DatasetDetail(DatasetInfo):
    """A dataset with its labels, the most images first."""

    release: str = Field(description="the release that says what the labels mean; empty for a draft")
    items: list[DatasetLabel]
