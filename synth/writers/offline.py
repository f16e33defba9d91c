"""The writer that needs nothing: sentence patterns, synonyms of the release, seeded choice."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import FactPack, Kind, Passage, Step, StepKind

from ..plan import Plan
from ..reading import Reader
from ..wording import Wording
from . import phrases
from .aliases import aliases_of
from .draft import Draft


class OfflineWriter:
    """Writes trajectories in one of two styles: `full` with every kind of step, `brief` for a tiny model.

    The same plan and the same generator give the same words on every machine.
    """

    name = "offline"
    version = "1"

    def __init__(self, knowledge: Knowledge, style: str = "full", reader: Reader | None = None) -> None:
        self.knowledge = knowledge
        self.style = style
        self.reader = reader or Reader(knowledge)
        self.wording = Wording(knowledge, self.reader)

    def write(self, case: Case, pack: FactPack, plan: Plan, chance: random.Random) -> Draft:
        """Fill a plan with words."""
        page = _Page(self, case, pack, plan, chance)
        steps = page.brief() if self.style == "brief" else page.full()
        used = sorted({ref for step in steps for ref in step.refs}, key=lambda ref: (ref[0], int(ref[1:])))
        ids = {alias: id_ for id_, alias in page.aliases.items()}
        return Draft(tuple(steps), {ref: ids[ref] for ref in used})


class _Page:
    """One trajectory being written."""

    def __init__(self, writer: OfflineWriter, case: Case, pack: FactPack, plan: Plan, chance: random.Random) -> None:
        self.writer, self.case, self.pack, self.plan, self.chance = writer, case, pack, plan, chance
        self.aliases = aliases_of(pack)
        self.refs: list[str] = []
        self.told: set[str] = set()
        self.names: dict[str, str] = {}  # one name for one thing throughout a text
        self.plural = False  # of the features named last

    # -- words ---------------------------------------------------------------------------------------------------

    def feature(self, id_: str) -> str:
        """A name of a feature: in brief style its preferred label, otherwise any noun for it."""
        self._cite(id_)
        if id_ not in self.names:
            label = self.writer.knowledge.feature(id_).pref_label
            if self.writer.style == "brief":
                self.names[id_] = self.writer.wording.plain.get(id_, label)
            else:
                names = self.writer.wording.features.get(id_, (label,))
                own = len(names) == 1 or self.chance.random() < 0.4
                self.names[id_] = names[0] if own else self.chance.choice(names[1:])
        self.plural = _is_plural(self.names[id_])
        return self.names[id_]

    def concept(self, id_: str) -> str:
        """A name of a disease. The gold goes by its preferred name, as in the diagnosis that follows."""
        self._cite(id_)
        if id_ not in self.names:
            label = self.writer.knowledge.label(id_)
            names = self.writer.wording.concepts.get(id_) or (label,)
            plain = self.writer.style == "brief" or id_ == self.pack.gold or len(names) == 1
            self.names[id_] = names[0] if plain or self.chance.random() < 0.75 else self.chance.choice(names[1:])
        return self.names[id_]

    def several(self, ids: Sequence[str]) -> str:
        """A list in words."""
        words = [self.feature(id_) for id_ in ids]
        if len(words) == 1:
            return words[0]
        self.plural = True
        if self.writer.style == "brief":
            return ", ".join(words)
        return self.chance.choice(phrases.LISTS).format(a=", ".join(words[:-1]), z=words[-1])

    def say(self, choice: Sequence[str], **slots: str) -> str:
        """One of the phrases, filled; verbs follow the number of the features named last."""
        agreed = phrases.NUMBER.sub(lambda match: match[2 if self.plural else 1], self.chance.choice(choice))
        return _capital(agreed.format(**slots))

    def _cite(self, id_: str) -> None:
        alias = self.aliases[id_]
        if alias not in self.refs:
            self.refs.append(alias)

    def step(self, kind: StepKind, *sentences: str) -> Step:
        """Close a step with the references made since the last one."""
        refs, self.refs = tuple(self.refs), []
        return Step(kind, " ".join(sentence for sentence in sentences if sentence), refs)

    # -- brief ---------------------------------------------------------------------------------------------------

    def brief(self) -> list[Step]:
        """Two steps at most; the tags that follow are the conclusion."""
        plan, distractor = self.plan, self.plan.distractor
        if plan.typical:
            return self._brief_typical()
        seen = list(plan.cited)
        if plan.kind is Kind.REVISE and distractor:
            first = phrases.BRIEF_FIRST.format(D=self.concept(distractor.concept), F=self.several(plan.shared[:1]))
            opening = self.step(StepKind.DDX, f"{first} {self._brief_against()}")
            left = [feature for feature in seen if feature not in plan.shared[:1]] or seen
            return [opening, self.step(StepKind.OBSERVE, self.several(left) + ".")]
        mark = ";" if distractor else "."
        observed = self.step(StepKind.OBSERVE, phrases.BRIEF_SEEN.format(F=self.several(seen)) + mark)
        return [observed, self.step(StepKind.DDX, self._brief_against())] if distractor else [observed]

    def _brief_against(self) -> str:
        plan = self.plan
        assert plan.distractor is not None
        if plan.kind is Kind.REVISE:  # the distractor has just been named
            if plan.against:
                return phrases.BRIEF_TURN.format(f=self.feature(plan.against[0]))
            return phrases.BRIEF_TURN_MISSING.format(f=self.feature(plan.missing[0]))
        named = self.concept(plan.distractor.concept)
        if plan.against:
            return phrases.BRIEF_AGAINST.format(f=self.feature(plan.against[0]), D=named)
        return phrases.BRIEF_MISSING.format(f=self.feature(plan.missing[0]), D=named)

    def _brief_typical(self) -> list[Step]:
        # Site and age stay out: a student who is shown the image alone would learn to make them up.
        gold = phrases.BRIEF_KNOWN.format(D=self.concept(self.pack.gold), F=self.several(self.plan.cited))
        if self.plan.distractor is None:
            return [self.step(StepKind.CONCLUDE, gold + ".")]
        conclusion = self.step(StepKind.CONCLUDE, gold + ".")
        other = self.plan.distractor.concept
        if self.plan.missing:
            known = phrases.BRIEF_KNOWN.format(D=self.concept(other), F=self.several(self.plan.missing[:1])) + ";"
        else:
            known = f"{self.concept(other)} typically has no {self.feature(self.plan.against[0])};"
        return [self.step(StepKind.DDX, known), conclusion]

    # -- full ----------------------------------------------------------------------------------------------------

    def full(self) -> list[Step]:
        """Observe, place, quote, compare, conclude; the order of the middle part varies."""
        plan = self.plan
        steps = [self._observe()]
        middle = [step for step in (self._place(), self._quote()) if step]
        if plan.kind is Kind.REVISE:
            steps += [self._first_impression(), self._second_look(), *middle]
        elif plan.kind is Kind.KEEP:
            place = self.chance.randint(0, len(middle))
            steps += [*middle[:place], self._weigh(), *middle[place:]]
        else:
            steps += middle
        return [*steps, self._conclude()]

    def _observe(self) -> Step:
        plan = self.plan
        told = [] if self.chance.random() < 0.25 and not plan.typical else [self._about()]
        if not plan.typical:
            ids = [f for f in plan.cited if plan.kind is not Kind.REVISE or f not in plan.shared] or list(plan.cited)
            if len(ids) > 1 and self.chance.random() < 0.5:
                told += [
                    self.say(phrases.SEEN, F=self.several(ids[:-1])),
                    self.say(phrases.ALSO, f=self.feature(ids[-1])),
                ]
            else:
                told.append(self.say(phrases.SEEN, F=self.several(ids)))
            if (absent := self._remarkable_absence()) and self.chance.random() < 0.5:
                told.append(self.say(phrases.MISSING, f=self.feature(absent)))
        if plan.kind is Kind.KEEP and not plan.typical:
            told.append(self.say(phrases.FIRST_KEEP, G=self.concept(self.pack.gold)))
        if not any(told):  # nothing is known of this image: say where it stands, and leave the rest to the others
            return self.step(StepKind.HIERARCHY, self.say(phrases.PLACE_ONE, A=self.concept(self.pack.lineage[0])))
        return self.step(StepKind.OBSERVE, *told)

    def _remarkable_absence(self) -> str | None:
        """A sign that was looked for, is not there, and that the release says this disease does not have."""
        against = {f for f, polarity in self._profile(self.pack.gold).items() if not polarity.supports}
        found = [f.feature for f in self.pack.findings if not f.present and f.feature in against]
        found = [feature for feature in found if feature not in self.plan.missing[:1]]
        return self.chance.choice(found) if found else None

    def _profile(self, concept: str) -> Mapping:
        return next(dict(rows) for name, rows in self.pack.profiles if name == concept)

    def _about(self) -> str:
        """Site, sex and age, as far as the record has them."""
        case = self.case
        slots = {"S": case.site, "X": case.sex, "Y": f"{case.age:.0f}" if case.age is not None else ""}
        if all(slots.values()):
            return self.say(phrases.ABOUT, **slots)
        if slots["S"]:
            return self.say(phrases.ABOUT_SITE, **slots)
        return self.say(phrases.ABOUT_PERSON, **slots) if slots["X"] and slots["Y"] else ""

    def _place(self) -> Step | None:
        above = [concept for concept in self.pack.lineage[:-1] if concept in self.writer.wording.concepts]
        if not above or (self.chance.random() < 0.12 and not self.plan.typical):
            return None
        if len(above) == 1 or self.chance.random() < 0.25:
            return self.step(StepKind.HIERARCHY, self.say(phrases.PLACE_ONE, A=self.concept(above[-1])))
        first = self.chance.randrange(len(above) - 1)
        second = self.chance.randrange(first + 1, len(above))
        a, b = self.concept(above[first]), self.concept(above[second])
        return self.step(StepKind.HIERARCHY, self.say(phrases.PLACE_TWO, A=a, B=b))

    def _quote(self) -> Step | None:
        """A sentence of a passage that does not give the answer away."""
        spoken = {self.pack.gold, *self.writer.knowledge.descendants(self.pack.gold)}
        quotable = [
            (passage, sentence)
            for passage in self.pack.passages
            for sentence in _quotable(passage)
            if not spoken & self.writer.reader.named(sentence)
        ]
        if not quotable:
            return None
        passage, sentence = self.chance.choice(quotable)
        self._cite(passage.id)
        return self.step(StepKind.TEXTBOOK, self.say(phrases.QUOTE, Q=sentence))

    def _first_impression(self) -> Step:
        assert self.plan.distractor is not None
        shared = self.several(self.plan.shared)
        named = self.concept(self.plan.distractor.concept)
        return self.step(StepKind.DDX, self.say(phrases.FIRST_REVISE, F=shared, D=named))

    def _second_look(self) -> Step:
        turn = self.chance.choice(phrases.SECOND)
        told = self._one_against()
        # "There is no x" keeps its small letter after a turn of phrase; so does a disease, unless it is a name.
        return self.step(StepKind.DDX, _capital(turn + _small(told)) if turn else told, *self._more_against())

    def _weigh(self) -> Step:
        if self.plan.typical:
            return self._weigh_typical()
        return self.step(StepKind.DDX, self._one_against(), *self._more_against())

    def _one_against(self) -> str:
        plan = self.plan
        assert plan.distractor is not None
        named = self.concept(plan.distractor.concept)
        if plan.against and (not plan.missing or plan.kind is Kind.REVISE or self.chance.random() < 0.6):
            self.told.add(plan.against[0])
            return self.say(phrases.AGAINST, D=named, f=self.feature(plan.against[0]))
        self.told.add(plan.missing[0])
        return self.say(phrases.AGAINST_MISSING, D=named, f=self.feature(plan.missing[0]))

    def _more_against(self) -> list[str]:
        """Sometimes a second reason."""
        plan = self.plan
        assert plan.distractor is not None
        if self.chance.random() < 0.5:
            return []
        named = plan.distractor.concept
        if left := [feature for feature in plan.missing if feature not in self.told]:
            return [self.say(phrases.AGAINST_MISSING, D=self.concept(named), f=self.feature(left[0]))]
        if left := [feature for feature in plan.against if feature not in self.told]:
            return [self.say(phrases.AGAINST, D=self.concept(named), f=self.feature(left[0]))]
        return []

    def _weigh_typical(self) -> Step:
        assert self.plan.distractor is not None
        named, told = self.plan.distractor.concept, []
        if self.plan.missing:
            told.append(self.say(phrases.KNOWN, D=self.concept(named), F=self.several(self.plan.missing)))
        if self.plan.against and (not told or self.chance.random() < 0.6):
            told.append(self.say(phrases.KNOWN_ABSENT, D=self.concept(named), f=self.feature(self.plan.against[0])))
        return self.step(StepKind.DDX, *told)

    def _conclude(self) -> Step:
        choice = {Kind.KEEP: phrases.CONCLUDE_KEEP, Kind.REVISE: phrases.CONCLUDE_REVISE}.get(self.plan.kind, ())
        if not choice or self.plan.typical or self.chance.random() < 0.3:
            choice = phrases.CONCLUDE
        assert self.pack.condition is not None
        told = [self.say(choice, G=self.concept(self.pack.gold), K=self.pack.condition.value)]
        if self.plan.typical:
            told.insert(0, self.say(phrases.KNOWN, D=self.concept(self.pack.gold), F=self.several(self.plan.cited)))
        return self.step(StepKind.CONCLUDE, *told)


def _quotable(passage: Passage) -> list[str]:
    """Whole sentences of a passage, of a length that can be quoted."""
    found = re.split(r"(?<=[.!?])\s+", " ".join(passage.text.split()))
    return [s.rstrip(".") for s in found if 5 <= len(s.split()) <= 30 and not re.search(r"[“”\"?<>]", s)]


def _is_plural(name: str) -> bool:
    last = name.rsplit(" ", 1)[-1]
    return last.endswith(("s", "lacunae", "papillae")) and not last.endswith(("ss", "us", "is"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    """Undo a capital letter at the start, unless the word is a name or an abbreviation."""
    first = text.split(" ", 1)[0]
    return (
        text
        if first[1:2].isupper() or first in {"I", "Bowen", "Bowen's", "Merkel", "Kaposi"}
        else text[:1].lower() + text[1:]
    )
