"""A small diagnostician: Bayes over the signs of the request, and plain sentences that say why."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

# How often a sign is seen with a disease that states it so, and with one that says nothing of it.
_LIKELY = {"characteristic": 0.95, "present": 0.8, "variable": 0.35, "absent": 0.02}
_UNSTATED = 0.1
_SUPPORTS = ("characteristic", "present", "variable")
_SHOWN = _SUPPORTS[:2]
_BRIEF = 40  # words; texts that must be shorter say only the least

_SITE = ("A lesion {s}.", "The lesion sits {s}.", "Known from the record: a lesion {s}.")
_OBSERVED = ("The image shows {F}.", "On inspection there is {F}.", "I see {F}.", "Leading here: {F}.",
             "The picture is one of {F}.", "Looking closely, one makes out {F}.")  # fmt: skip
_ABSENT = ("There is no {f}.", "I see no {f}.", "No {f} can be made out.")
_FIRST = ("The first impression is {D}.", "My first thought is {D}.", "This suggests {D}.", "At first glance: {D}.")
_FIRST_SHARED = ("At first glance {F} would fit {D}.", "Seeing {F}, one first thinks of {D}.",
                 "The first thought is {D}, because of {F}.", "{D} comes to mind first, for {F}.")  # fmt: skip
_SEEN = ("Given {f}, {D} is unlikely.", "With {f} in view, {D} is unlikely.", "{D} would leave {f} unexplained.",
         "Against {D} there is {f}.", "{D} is unlikely in view of {f}.")  # fmt: skip
_LACKS = ("Without {f}, {D} is unlikely.", "{D} is unlikely, as there is no {f}.",
          "The absence of {f} argues against {D}.")  # fmt: skip
_PLACE = ("Such a lesion belongs to {A}.", "This places it within {A}.", "The frame is {A}.")
_PLACES = ("Such a lesion belongs to {A}, more closely to {B}.", "The frame is {A}, and inside it {B}.",
           "This leads to {A}, and there to {B}.")  # fmt: skip
_QUOTE = ("The textbook says: “{q}”.", "As the textbook has it: “{q}”.")
_KNOWN = ("{D} typically shows {F}.", "As a rule, {D} comes with {F}.", "In general, {D} is known for {F}.")
_KNOWN_ABSENT = ("{D} typically has no {f}.", "{D} typically shows no {f}.")
_END = ("The diagnosis is {D}, a {k} condition.", "Taken together this is {D}, which is {k}.",
        "All this makes {D} the best fit, a {k} condition.", "I conclude {D}; it is {k}.")  # fmt: skip


class Facts:
    """The facts block of a request (`synth.writers.model.block`), with what is asked of it."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.kind: str = told["task"]
        self.brief: bool = told["words"][1] <= _BRIEF
        self.record: Mapping[str, Any] = told["record"]
        self.names: dict[str, str] = {**told["names"], **{row["alias"]: row["name"] for row in told["diseases"]}}
        self.typical = told["image"] is None
        self.shows: list[str] = [] if self.typical else told["image"]["shows"]
        self.lacks: list[str] = [] if self.typical else told["image"]["lacks"]
        self.diseases: dict[str, Mapping[str, Any]] = {row["alias"]: row for row in told["diseases"]}
        self.profiles = {
            alias: {sign: word for word in _LIKELY for sign in row.get(word, ())}
            for alias, row in self.diseases.items()
        }
        self.passages: list[Mapping[str, Any]] = told.get("passages", [])
        self.answer: str = told.get("answer", "")

    def ranked(self) -> list[str]:
        """The diseases, the likeliest first; the one that was told before all."""
        return sorted(self.diseases, key=lambda alias: (alias != self.answer, -self._likelihood(alias), alias))

    def _likelihood(self, alias: str) -> float:
        profile = self.profiles[alias]
        chances = [_LIKELY.get(profile.get(sign, ""), _UNSTATED) for sign in self.shows]
        chances += [1 - _LIKELY.get(profile.get(sign, ""), _UNSTATED) for sign in self.lacks]
        return sum(math.log(chance) for chance in chances)

    def of(self, alias: str, sign: str) -> str:
        return self.profiles[alias].get(sign, "")

    def known(self, alias: str, signs: Sequence[str], words: Sequence[str] = _SUPPORTS) -> list[str]:
        """Those of the signs that a disease has under one of these words, the most typical first."""
        found = [sign for sign in signs if self.of(alias, sign) in words]
        return sorted(found, key=lambda sign: list(_LIKELY).index(self.of(alias, sign)))

    def against(self, other: str, choice: str) -> list[tuple[str, bool]]:
        """What speaks against a disease and not against the choice: (sign, whether it is seen)."""
        seen = [(sign, True) for sign in self.known(choice, self.shows) if self.of(other, sign) == "absent"]
        return seen + [
            (sign, False)
            for sign in self.known(other, self.lacks, _SHOWN)
            if self.of(choice, sign) in ("variable", "absent")
        ]

    def differs(self, other: str, choice: str) -> list[tuple[str, bool]]:
        """What is known to tell the two apart, whatever the image shows: (sign, whether the other has it)."""
        theirs = self.known(other, list(self.profiles[other]), _SHOWN)
        found = [(sign, True) for sign in theirs if self.of(choice, sign) == "absent"]
        ours = self.known(choice, list(self.profiles[choice]), _SHOWN)
        return found + [(sign, False) for sign in ours if self.of(other, sign) == "absent"]


def reason(facts: Facts, chance: random.Random, *, wrong: bool = False) -> dict[str, Any]:
    """A reply to the facts, of the shape that is asked for."""
    ranked = facts.ranked()
    if facts.typical and not facts.answer:
        chance.shuffle(ranked)  # nothing to go by
    if wrong:
        ranked = ranked[1:] + ranked[:1]
    choice, others = ranked[0], [alias for alias in ranked if alias != ranked[0]]
    other = ""
    if facts.kind != "direct":
        rest = facts.differs if facts.typical else facts.against
        fit = [alias for alias in others if rest(alias, choice)]
        if facts.kind == "revise":
            fit = [alias for alias in fit if facts.known(alias, facts.known(choice, facts.shows))]
        other = fit[0] if fit else ""
    page = _Page(facts, chance, choice, other)
    return {"choice": choice, "alternative": other, "steps": page.written()}


class _Page:
    """One text being written."""

    def __init__(self, facts: Facts, chance: random.Random, choice: str, other: str) -> None:
        self.facts, self.chance, self.choice, self.other = facts, chance, choice, other
        self.reasons = facts.against(other, choice) if other and not facts.typical else []
        signs = facts.known(choice, facts.shows)
        self.shared = facts.known(other, signs)[: 1 if facts.brief else 2] if other and facts.kind == "revise" else []
        used = {sign for sign, _ in self.reasons[:1]} | set(self.shared)
        self.signs = [sign for sign in signs if sign not in used] or signs

    def written(self) -> list[dict[str, Any]]:
        if self.facts.typical:
            steps = [self._record(), self._hierarchy(), self._contrast(), self._end()]
        elif self.facts.kind == "revise":
            steps = [self._first(), self._weigh(), self._observe(), self._hierarchy(), self._quote(), self._end()]
        else:
            steps = [self._observe(), self._hierarchy(), self._weigh(), self._quote(), self._end()]
        return [step for step in steps if step]

    def _say(self, kind: str, *told: tuple[Sequence[str], Mapping[str, Sequence[str]]], **words: str) -> dict[str, Any]:
        """A step of sentences: each a choice of patterns and the aliases for its slots."""
        sentences, refs = [], []
        for patterns, slots in told:
            names = {slot: self._list(aliases) for slot, aliases in slots.items()}
            sentence = self.chance.choice(list(patterns)).format(**names, **words)
            sentences.append(sentence[:1].upper() + sentence[1:])
            refs += [alias for aliases in slots.values() for alias in aliases]
        return {"kind": kind, "text": " ".join(sentences), "refs": list(dict.fromkeys(refs))}

    def _list(self, aliases: Sequence[str]) -> str:
        names = [self.facts.names[alias] for alias in aliases]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

    def _some(self, signs: Sequence[str]) -> list[str]:
        """Two or three of the first signs, in any order."""
        found = list(signs[: 2 if self.facts.brief else self.chance.choice((2, 3, 4))])
        self.chance.shuffle(found)
        return found

    def _record(self) -> dict[str, Any] | None:
        if not (site := self.facts.record.get("site")):
            return None
        return self._say("observe", (_SITE, {}), s=site)

    def _observe(self) -> dict[str, Any] | None:
        if not self.signs or (self.facts.brief and self.facts.kind == "revise"):
            return None
        told: list[tuple[Sequence[str], Mapping[str, Sequence[str]]]] = [(_OBSERVED, {"F": self._some(self.signs)})]
        absent = [sign for sign in self.facts.lacks if self.facts.of(self.choice, sign) == "absent"]
        if absent and not self.facts.brief and self.chance.random() < 0.5:
            told.append((_ABSENT, {"f": [self.chance.choice(absent)]}))
        if self.facts.kind == "keep" and not self.facts.brief:
            told.append((_FIRST, {"D": [self.choice]}))
        return self._say("observe", *told)

    def _hierarchy(self) -> dict[str, Any] | None:
        above = self.facts.diseases[self.choice]["above"]
        if not above or self.facts.brief:
            return None
        if len(above) == 1 or self.chance.random() < 0.3:
            return self._say("hierarchy", (_PLACE, {"A": above[-1:]}))
        upper = self.chance.randrange(len(above) - 1)
        return self._say("hierarchy", (_PLACES, {"A": [above[upper]], "B": [above[-1]]}))

    def _first(self) -> dict[str, Any] | None:
        if not self.other:
            return None
        return self._say("ddx", (_FIRST_SHARED, {"F": self.shared, "D": [self.other]}))

    def _weigh(self) -> dict[str, Any] | None:
        most = 1 if self.facts.brief else self.chance.choice((1, 2))
        told = [
            (_SEEN if seen else _LACKS, {"f": [sign], "D": [self.other]})
            for sign, seen in self.reasons[:most]
        ]  # fmt: skip
        return self._say("ddx", *told) if told else None

    def _contrast(self) -> dict[str, Any] | None:
        if not self.other:
            return None
        told = [
            (_KNOWN, {"D": [self.other], "F": [sign]}) if theirs else (_KNOWN_ABSENT, {"D": [self.other], "f": [sign]})
            for sign, theirs in self.facts.differs(self.other, self.choice)[:1]
        ]
        return self._say("ddx", *told)

    def _quote(self) -> dict[str, Any] | None:
        """A sentence of a passage about the choice that does not name it."""
        row = self.facts.diseases[self.choice]
        for passage in self.facts.passages:
            if self.choice not in passage["about"]:
                continue
            for sentence in re.split(r"(?<=[.!?])\s+", passage["text"]):
                fits = 5 <= len(sentence.split()) <= 30 and not re.search(r"[“”\"]", sentence)
                if fits and row["name"].lower() not in sentence.lower() and not self.facts.brief:
                    step = self._say("textbook", (_QUOTE, {}), q=sentence.rstrip(".!?"))
                    return step | {"refs": [passage["alias"]]}
        return None

    def _end(self) -> dict[str, Any]:
        condition = self.facts.diseases[self.choice]["condition"]
        told: list[tuple[Sequence[str], Mapping[str, Sequence[str]]]] = []
        if self.facts.typical:
            signs = self.facts.known(self.choice, list(self.facts.profiles[self.choice]), _SHOWN)[:2]
            told += [(_KNOWN, {"D": [self.choice], "F": signs})] if signs else []
        return self._say("conclude", *told, (_END, {"D": [self.choice]}), k=condition)
