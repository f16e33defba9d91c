"""The writer that needs nothing: sentence patterns, synonyms of the release, seeded choice."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from kg_service.core.case import Case
from kg_service.core.concept import SHOWN, Condition, FeatureKind, Polarity
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import FactPack, Kind, Step, StepKind

from ..chance import number
from ..plan import Plan, pair
from ..reading import Reader
from ..sites import where
from ..textbook.quoting import quotable
from ..wording import Wording, article, is_plural, with_article
from . import phrases
from .aliases import aliases_of
from .draft import Draft, Outcome, Task

_LOOKS = tuple(FeatureKind)  # shape, color, border, surface, spread and site, then dermoscopy, then what one is told
_VISIBLE = frozenset(_LOOKS) - {FeatureKind.SITE, FeatureKind.DISTRIBUTION, FeatureKind.SYMPTOM}
# A sentence that leans on the one before it says nothing when it stands alone.
_LEANS = re.compile(
    r"(?:it|its|they|their|them|he|she|his|her|this|these|that|those|such|another|others?|both|either|a second"
    r"|the (?:latter|former|same|so-called|others?)|here|there|then|thus|hence|however|but|and|or|nor|yet|still|also"
    r"|again|later|finally|occasionally|sometimes|usually|rarely|exceptionally|while|when|where|at (?:first|times|last)"
    r"|in (?:some|many|most|others?|such|these|this|rare|addition|the latter)|as (?:before|stated|already))\b",
    re.IGNORECASE,
)


class OfflineWriter:
    """Writes trajectories in one of two styles: `full` with every kind of step, `brief` for a tiny model.

    The same plan and the same generator give the same words on every machine.

    Args:
        seed: of the words; the name and the attempt of a task do the rest.
    """

    name = "offline"
    version = "2"
    templates = True
    window = 1

    def __init__(self, knowledge: Knowledge, style: str = "full", reader: Reader | None = None, seed: int = 0) -> None:
        self.knowledge = knowledge
        self.style = style
        self.seed = seed
        self.reader = reader or Reader(knowledge)
        self.wording = Wording(knowledge, self.reader)
        self._quotations: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}

    def begin(self, task: Task) -> Future[Outcome]:
        """Write at once."""
        chance = random.Random(number(self.seed, f"words/{task.name}/{task.attempt}"))
        future: Future[Outcome] = Future()
        future.set_result(self.write(task.case, task.pack, task.plan, chance))
        return future

    def close(self) -> None:
        """Nothing is held open."""

    def write(self, case: Case, pack: FactPack, plan: Plan, chance: random.Random) -> Draft:
        """Fill a plan with words."""
        page = _Page(self, case, pack, plan, chance)
        steps = page.brief() if self.style == "brief" else page.full()
        used = {ref for step in steps for ref in step.refs}
        named = {alias: id_ for id_, alias in page.aliases.items() if alias in used}
        return Draft(tuple(steps), {ref: named[ref] for ref in sorted(used, key=lambda ref: (ref[0], int(ref[1:])))})

    def quotations(self, pack: FactPack) -> tuple[tuple[str, str], ...]:
        """(passage id, sentence) for what may be quoted about a diagnosis: whole by itself, and of a sign it shows.

        Left out is what names the diagnosis itself, another disease, a sign it does not have, a sign as missing, or
        mostly signs of which the release knows nothing: a chapter of an old book has many things under one name.
        """
        key = (pack.gold, *(passage.id for passage in pack.passages))
        if key not in self._quotations:
            own, line = self.knowledge.profile(pack.gold), frozenset(pack.lineage[:-1])
            self._quotations[key] = tuple(
                (passage.id, text)
                for passage in pack.passages
                for text in quotable(passage)
                if not _LEANS.match(text) and self._fits(text, own, line)
            )
        return self._quotations[key]

    def _fits(self, text: str, own: Mapping[str, Polarity], line: frozenset[str]) -> bool:
        sentences = self.reader.sentences(text)
        signs = [mention for sentence in sentences for mention in sentence.features]
        return (
            all(mention.id in line for sentence in sentences for mention in sentence.concepts)
            and any(own.get(sign.id) in SHOWN for sign in signs)
            and 2 * sum(sign.id in own for sign in signs) >= len(signs)
            and all(own.get(sign.id) is not Polarity.ABSENT and not (sign.negated or sign.hedged) for sign in signs)
        )


class _Page:
    """One trajectory being written."""

    def __init__(self, writer: OfflineWriter, case: Case, pack: FactPack, plan: Plan, chance: random.Random) -> None:
        self.writer, self.case, self.pack, self.plan, self.chance = writer, case, pack, plan, chance
        self.aliases = aliases_of(pack)
        self.refs: list[str] = []
        self.present = {finding.feature for finding in pack.findings if finding.present}
        self.told: set[str] = set()  # features named so far
        self.used: set[str] = set()  # reasons given so far
        self.names: dict[str, str] = {}  # one name for one thing throughout a text

    # -- words ---------------------------------------------------------------------------------------------------

    @property
    def rival(self) -> str:
        """The distractor of the plan."""
        assert self.plan.distractor is not None
        return self.plan.distractor.concept

    def feature(self, id_: str) -> str:
        """A name of a feature, without an article: in brief style its preferred label, otherwise any noun for it."""
        self._cite(id_)
        if id_ not in self.names:
            wording, label = self.writer.wording, self.writer.knowledge.feature(id_).pref_label
            if self.writer.style == "brief":
                self.names[id_] = wording.plain.get(id_, label)
            else:
                names = wording.features.get(id_, (label,))
                own = len(names) == 1 or self.chance.random() < 0.5
                self.names[id_] = names[0] if own else self.chance.choice(names[1:])
        return self.names[id_]

    def one(self, id_: str) -> str:
        """A feature with its article, the definite one where it was already told as seen."""
        name = self.feature(id_)
        if id_ not in self.present:
            return with_article(name)
        known = id_ in self.told
        self.told.add(id_)
        return f"the {name}" if known else with_article(name)

    def concept(self, id_: str) -> str:
        """The name of a disease, as in the diagnosis that follows wherever it is read back: one name for one thing."""
        self._cite(id_)
        return self.writer.wording.concepts.get(id_) or self.writer.knowledge.label(id_)

    def group(self, id_: str) -> str:
        """The name of a group of diseases, in the plural where it has one."""
        self._cite(id_)
        return self.writer.wording.groups.get(id_) or self.writer.knowledge.label(id_)

    def several(self, ids: Sequence[str]) -> str:
        """A list of features in words: in brief style bare, otherwise each with its article."""
        if self.writer.style == "brief":
            return ", ".join(self.feature(id_) for id_ in ids)
        words = [self.one(id_) for id_ in ids]
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

    def say(self, choice: Sequence[str], turn: str = "", **slots: str | Sequence[str]) -> str:
        """One of the phrases, filled: D, G with a disease, A, B, C with groups, F, f with features, by their ids.

        `turn` opens the sentence. References are made to what the sentence names.
        """
        phrase = self.chance.choice(choice)
        words: dict[str, str] = {}
        features = disease = False
        for slot, value in slots.items():
            if slot == "F":
                words["F"] = self.several(value)
                features = len(value) > 1 or is_plural(self.feature(value[0]))
            elif slot == "f":
                words["n"] = self.feature(str(value))
                words["f"] = self.one(str(value))
                features = is_plural(words["n"])
            elif slot in "DG":
                words[slot] = self.concept(str(value))
                disease = is_plural(words[slot])
            elif slot in "ABC":
                words[slot] = self.group(str(value))
            else:
                words[slot] = str(value)
        text = phrases.agreed(phrase, features, disease)
        if turn and not text.startswith(("{", "I ")):
            text = text[0].lower() + text[1:]
        return _capital(turn + text.format(**words))

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
        if plan.kind is Kind.REVISE:
            steps += _some(self._first_impression(), self._closer(), self._second_look(), self._place(), self._quote())
        elif plan.kind is Kind.KEEP:
            parts = (self._place, self._quote, self._weigh)
            if self.chance.random() < 0.3:
                parts = (self._quote, self._weigh, self._place)
            steps += _some(*(part() for part in parts))
        else:
            steps += _some(self._place(), self._quote())
        return [*steps, self._conclude()]

    def _observe(self) -> Step:
        plan = self.plan
        told = [] if self.chance.random() < 0.25 and not plan.typical else [self._about()]
        if not plan.typical:
            first = plan.kind is Kind.REVISE  # what both diseases show strikes first, and misleads
            told += self._seen(plan.shared if first else plan.cited)
            if not first:
                told += self._not_seen()
        if plan.kind is Kind.KEEP:
            told.append(self.say(phrases.FIRST_KEEP, G=self.pack.gold))
        if not any(told):  # nothing is known of this image: say where it stands, and leave the rest to the others
            return self.step(StepKind.HIERARCHY, self.say(phrases.PLACE_ONE, A=self.pack.lineage[0]))
        return self.step(StepKind.OBSERVE, *told)

    def _closer(self) -> Step | None:
        """What is seen besides, once the first impression is there."""
        left = [f for f in self.plan.cited if f not in self.plan.shared and f not in self.plan.against[:1]]
        told = [*(self._seen(left) if left else ()), *self._not_seen()]
        return self.step(StepKind.OBSERVE, *told) if told else None

    def _not_seen(self) -> list[str]:
        """Often a remarkable absence."""
        absent = self._remarkable_absence()
        return [self.say(phrases.MISSING, f=absent)] if absent and self.chance.random() < 0.6 else []

    def _seen(self, ids: Sequence[str]) -> list[str]:
        """What is seen, in the order in which one looks: with the naked eye, then through the dermatoscope."""
        ids = sorted(ids, key=self.order)
        plain = [feature for feature in ids if not self._dermoscopic(feature)]
        closer = ids[len(plain) :]
        told = []
        if len(plain) > 1 and not closer and self.chance.random() < 0.4:
            told += [self.say(phrases.SEEN, F=plain[:-1]), self.say(phrases.ALSO, f=plain[-1])]
        elif plain:
            told.append(self.say(phrases.SEEN, F=plain))
        if closer:
            told.append(self.say(phrases.SEEN_DERMOSCOPY, F=closer))
        return told

    def order(self, feature: str) -> int:
        """Where a feature comes when a lesion is described."""
        return _LOOKS.index(self.writer.knowledge.features[feature].kind)

    def _dermoscopic(self, feature: str) -> bool:
        return self.writer.knowledge.features[feature].kind is FeatureKind.DERMOSCOPY

    def _remarkable_absence(self) -> str | None:
        """A sign that was looked for, is not there, does not belong to this disease, and is expected of a rival."""
        knowledge, pack = self.writer.knowledge, self.pack
        expected = set[str]().union(*(pair(knowledge, pack.gold, d.concept).lacks for d in pack.distractors))
        expected.difference_update(self.plan.missing)
        found = [f.feature for f in pack.findings if not f.present and f.feature in expected]
        return self.chance.choice(found) if found else None

    def _about(self) -> str:
        """Site, sex and age, as far as the record has them."""
        case = self.case
        site = where(case.site) if case.site else ""
        if case.sex and case.age is not None and case.age >= 1:
            age = f"{case.age:.0f}"
            phrase = phrases.ABOUT if site else phrases.ABOUT_PERSON
            return self.say(phrase, S=site, X=case.sex, Y=age, I=article(age))
        return self.say(phrases.ABOUT_SITE, S=site) if site else ""

    def _place(self) -> Step | None:
        """Where in the hierarchy this is, from the top down, in one to three levels."""
        above = [concept for concept in self.pack.lineage[:-1] if concept in self.writer.wording.groups]
        if not above or (self.chance.random() < 0.12 and not self.plan.typical):
            return None
        depth = min(len(above), self.chance.choices((1, 2, 3), (2, 4, 3))[0])
        if depth == 1:
            return self.step(StepKind.HIERARCHY, self.say(phrases.PLACE_ONE, A=above[-1]))
        chosen = [above[place] for place in sorted(self.chance.sample(range(len(above) - 1), depth - 1))] + above[-1:]
        phrase = phrases.PLACE_TWO if depth == 2 else phrases.PLACE_THREE
        return self.step(StepKind.HIERARCHY, self.say(phrase, **dict(zip("ABC", chosen, strict=False))))

    def _quote(self) -> Step | None:
        """A sentence of a textbook that speaks of the diagnosis and does not give it away."""
        found = self.writer.quotations(self.pack) if self.pack.passages else ()
        if not found:
            return None
        passage, sentence = self.chance.choice(found)
        self._cite(passage)
        return self.step(StepKind.TEXTBOOK, self.say(phrases.QUOTE, Q=sentence))

    def _first_impression(self) -> Step:
        return self.step(StepKind.DDX, self.say(phrases.FIRST_REVISE, F=self.plan.shared, D=self.rival))

    def _second_look(self) -> Step:
        return self.step(StepKind.DDX, self._one_against(self.chance.choice(phrases.SECOND)), *self._more_against())

    def _weigh(self) -> Step:
        if self.plan.typical:
            return self._weigh_typical()
        return self.step(StepKind.DDX, self._one_against(), *self._more_against())

    def _one_against(self, turn: str = "") -> str:
        plan = self.plan
        if plan.against and (not plan.missing or plan.kind is Kind.REVISE or self.chance.random() < 0.6):
            choice = phrases.AGAINST if plan.kind is Kind.REVISE else (*phrases.AGAINST, *phrases.WEIGHED)
            self.used.add(plan.against[0])
            return self.say(choice, turn, D=self.rival, f=plan.against[0])
        self.used.add(plan.missing[0])
        return self.say(phrases.AGAINST_MISSING, turn, D=self.rival, f=plan.missing[0])

    def _more_against(self) -> list[str]:
        """Sometimes a second reason."""
        if self.chance.random() < 0.5:
            return []
        if left := [feature for feature in self.plan.missing if feature not in self.used]:
            return [self.say(phrases.AGAINST_MISSING, D=self.rival, f=left[0])]
        if left := [feature for feature in self.plan.against if feature not in self.used]:
            return [self.say(phrases.AGAINST, D=self.rival, f=left[0])]
        return []

    def _weigh_typical(self) -> Step:
        """What the release knows of the distractor where it differs; of the gold it is told at the end."""
        plan = self.plan
        told = [self.say(phrases.RIVAL, D=self.rival)] if self.chance.random() < 0.4 else []
        if not plan.missing:
            told.append(self.say(phrases.KNOWN_ABSENT, D=self.rival, f=plan.against[0]))
        else:
            both = plan.against[:1] if self.chance.random() < 0.6 else ()
            told.append(self._known(self.rival, plan.missing, both))
        return self.step(StepKind.DDX, *told)

    def _known(self, concept: str, ids: Sequence[str], without: Sequence[str] = ()) -> str:
        """A sentence of general knowledge. What is not seen on a picture is presented, not shown."""
        ids = sorted(ids, key=self.order)
        seen = all(self.writer.knowledge.features[id_].kind in _VISIBLE for id_ in (*ids, *without))
        if without:
            choice = phrases.KNOWN_BOTH if seen else phrases.KNOWN_BOTH_PRESENTS
            return self.say(choice, D=concept, f=without[0], F=ids)
        return self.say(phrases.KNOWN if seen else phrases.KNOWN_PRESENTS, D=concept, F=ids)

    def _conclude(self) -> Step:
        plan, gold = self.plan, self.pack.gold
        choice = {Kind.KEEP: phrases.CONCLUDE_KEEP, Kind.REVISE: phrases.CONCLUDE_REVISE}.get(plan.kind, ())
        if not choice or self.chance.random() < 0.3:
            choice = phrases.CONCLUDE
        assert self.pack.condition is not None
        condition = self.pack.condition.value
        noun = "condition" if self.pack.condition is Condition.NON_NEOPLASTIC else "lesion"
        told = []
        if plan.typical:
            without = plan.missing[:1] if self.chance.random() < 0.4 else ()
            told.append(self._known(gold, plan.cited, without))
        elif self.chance.random() < 0.4:
            own = self.writer.knowledge.profile(gold)
            if signs := [f for f in (*plan.against, *plan.cited) if own[f] in SHOWN]:
                told.append(self.say(phrases.ACCOUNTS, G=gold, F=signs[: self.chance.randint(1, 2)]))
        told.append(self.say(choice, G=gold, K=condition, T=f"{article(condition)} {condition} {noun}"))
        return self.step(StepKind.CONCLUDE, *told)


def _some(*steps: Step | None) -> list[Step]:
    return [step for step in steps if step]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
