"""One `[[questions]]` table of a configuration, and what the tasks make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kg_service.core.answer import Wording
from kg_service.core.case import Case
from kg_service.core.choice import Rule

from ..prediction import Look, Task

_WITH_OPTIONS = (Task.CHOICE, Task.LEVELS, Task.PAIR, Task.NONE_OF_THE_ABOVE)


class Question(BaseModel):
    """What is asked about every case, or about `limit` of them drawn by the seed.

    `look` is the picture shown. `rule` says where wrong options come from, `count` how many options there are in all;
    `abstain` offers "cannot be determined" as one more, the control for none-of-the-above. A pair question weighs each
    case's gold against `against` other concepts. `wording = "compare"` asks to weigh the options before choosing.
    `samples` 0 means as `generation.samples` says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Task = Task.DIAGNOSIS
    look: Look = Look.REAL
    rule: Rule = Rule.RANDOM
    count: int = Field(default=4, ge=2, le=25)
    against: int = Field(default=1, ge=1)
    abstain: bool = False
    wording: Literal["diagnose", "compare"] = "diagnose"
    limit: int = Field(default=0, ge=0)
    samples: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _askable(self) -> Question:
        if self.task in (Task.PAIR, Task.NONE_OF_THE_ABOVE) and self.rule is Rule.PATH:
            raise ValueError(f'{self.task}: rule "path" offers concepts above the gold, which are right too')
        if self.wording == "compare" and self.task not in _WITH_OPTIONS:
            raise ValueError(f"{self.task}: there are no options to compare")
        if self.abstain and self.task is not Task.CHOICE:
            raise ValueError('abstain belongs to task "choice"')
        return self


@dataclass(frozen=True, slots=True)
class Draft:
    """A question about a case, before it is decided what is shown. `options` are labels in the order shown."""

    case: Case
    options: tuple[str, ...] | None = None
    about: dict[str, str] = field(default_factory=dict)
    wording: Wording = "diagnose"
