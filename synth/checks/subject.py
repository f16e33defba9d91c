"""One candidate with everything its checks compare it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kg_service.core.answer import Answer, Malformed, parse
from kg_service.core.case import Case
from kg_service.core.concept import Polarity
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import FactPack, Kind, Step, StepKind, Trajectory

from ..reading import Reader, Sentence
from ..writers.phrases import IN_GENERAL, SPEAKS_AGAINST


@dataclass(frozen=True)
class Claim:
    """One feature as one sentence puts it.

    `about` is the disease the sentence sets it beside: the distractor in a comparison, the named disease in general
    knowledge, otherwise nothing (the sentence is about the picture and so about the gold).
    """

    feature: str
    negated: bool
    general: bool
    about: str
    against: bool


@dataclass(frozen=True)
class Subject:
    """A candidate trajectory, its case and facts. `templates` says that no model wrote it."""

    trajectory: Trajectory
    case: Case
    pack: FactPack
    reader: Reader
    style: str = "full"
    finish: str = "stop"
    templates: bool = True

    @property
    def knowledge(self) -> Knowledge:
        return self.reader.knowledge

    @cached_property
    def answer(self) -> Answer | Malformed:
        return parse(self.trajectory.reply)

    @property
    def rationale(self) -> str:
        """The text the student learns; where the reply is malformed, the text of the steps."""
        if isinstance(self.answer, Answer):
            return self.answer.rationale
        return joined(self.trajectory.steps)

    @cached_property
    def sentences(self) -> tuple[tuple[Step, tuple[Sentence, ...]], ...]:
        """Each step with its sentences."""
        return tuple((step, self.reader.sentences(step.text)) for step in self.trajectory.steps)

    def cited(self, step: Step) -> frozenset[str]:
        """The ids behind a step's references; an unknown reference counts as itself."""
        return frozenset(self.trajectory.aliases.get(ref, ref) for ref in step.refs)

    @cached_property
    def gold_profile(self) -> Mapping[str, Polarity]:
        return self.knowledge.profile(self.case.gold)

    @cached_property
    def offered(self) -> frozenset[str]:
        """The distractors of the row."""
        return frozenset(distractor.concept for distractor in self.trajectory.distractors)

    @cached_property
    def claims(self) -> tuple[tuple[Step, tuple[Claim, ...]], ...]:
        """Each step with what its sentences claim about features."""
        return tuple((step, tuple(self._claims(step, found))) for step, found in self.sentences)

    def _claims(self, step: Step, sentences: tuple[Sentence, ...]):
        about = ""
        for sentence in sentences:
            named = [m.id for m in sentence.concepts if m.id != self.case.gold or IN_GENERAL.search(sentence.text)]
            # "It" and the like go on about the disease named last in the step.
            about = named[0] if named else about if step.kind is StepKind.DDX else ""
            general = bool(IN_GENERAL.search(sentence.rest)) and bool(sentence.concepts)
            compared = about if general or step.kind is StepKind.DDX else ""
            against = bool(SPEAKS_AGAINST.search(sentence.rest))
            for mention in sentence.features:
                yield Claim(mention.id, mention.negated, general, compared, against)

    @property
    def kind(self) -> Kind:
        return self.trajectory.kind


def joined(steps: tuple[Step, ...]) -> str:
    """The rationale that steps make."""
    return " ".join(step.text for step in steps)
