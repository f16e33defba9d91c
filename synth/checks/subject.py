"""One candidate with everything its checks compare it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from kg_service.core.answer import Answer, Malformed, parse
from kg_service.core.case import Case
from kg_service.core.concept import Polarity
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import FactPack, Kind, Step, StepKind, Trajectory

from ..reading import Reader, Sentence
from ..sites import where
from .claims import Claim, of_model, of_templates


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
        place = where(self.case.site) if self.case.site else ""
        return tuple(
            (step, tuple(_placed(sentence, place) for sentence in self.reader.sentences(step.text)))
            for step in self.trajectory.steps
        )

    def cited(self, step: Step) -> frozenset[str]:
        """The ids behind a step's references; an unknown reference counts as itself."""
        if (found := self._meant.get(step.refs)) is None:
            found = self._meant[step.refs] = frozenset(self.trajectory.aliases.get(ref, ref) for ref in step.refs)
        return found

    @cached_property
    def _meant(self) -> dict[tuple[str, ...], frozenset[str]]:
        """Every check asks for the same references."""
        return {}

    @property
    def above(self) -> frozenset[str]:
        """What stands above the gold."""
        return _line(self.knowledge, self.case.gold)[0]

    @property
    def below(self) -> frozenset[str]:
        """What stands below the gold."""
        return _line(self.knowledge, self.case.gold)[1]

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

    def _claims(self, step: Step, sentences: tuple[Sentence, ...]) -> Iterator[Claim]:
        compares = step.kind is StepKind.DDX
        if self.templates:
            return of_templates(sentences, self.case.gold, compares)
        return of_model(sentences, self.case.gold, self.offered, compares)

    @property
    def kind(self) -> Kind:
        return self.trajectory.kind


def joined(steps: tuple[Step, ...]) -> str:
    """The rationale that steps make."""
    return " ".join(step.text for step in steps)


@lru_cache(maxsize=1 << 12)
def _line(knowledge: Knowledge, concept: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(knowledge.ancestors(concept)), frozenset(knowledge.descendants(concept))


def _placed(sentence: Sentence, place: str) -> Sentence:
    """The sentence where the site of the record is no sign: "a lesion on the face" repeats what is known."""
    if place and place in sentence.text.lower() and any(mention.text.lower() == place for mention in sentence.features):
        return _without(sentence, place)
    return sentence


@lru_cache(maxsize=1 << 10)
def _without(sentence: Sentence, place: str) -> Sentence:
    rest = list(sentence.rest)
    for mention in sentence.features:
        if mention.text.lower() == place and not mention.negated:
            rest[mention.start : mention.end] = mention.text
    signs = tuple(m for m in sentence.features if m.negated or m.text.lower() != place)
    return replace(sentence, features=signs, rest="".join(rest))
