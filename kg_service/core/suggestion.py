"""What an unmapped label may mean, for a person to decide: ranked in three steps, each with its reason in plain words.

Nothing here resolves a label or earns a reward (reward contract, section 2.4). There is no percentage because nobody
has measured one: a step says which rule found the concept, and the reason says what to look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from math import log

from .fold import basic, fold, unordered, words
from .knowledge import Knowledge
from .labels import Ambiguous, Resolution, Resolved
from .spelling import Spelling, edits


class Step(StrEnum):
    """How much speaks for a suggestion. Only a strong one may be offered as the first thing to press."""

    STRONG = "strong"
    POSSIBLE = "possible"
    WEAK = "weak"


class Rule(StrEnum):
    """What relates a text to a name."""

    READING = "reading"
    SPELLING = "spelling"
    PART = "part"
    NAME_AND_MORE = "name-and-more"
    INITIALS = "initials"
    WORDS = "words"
    LETTERS = "letters"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A concept that a label may mean, the name of it that was compared, and why."""

    concept: str
    matched: str
    step: Step
    rule: Rule
    reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Why a label names no single concept, and what it may mean, the best first."""

    why: str
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    concept: str
    label: str
    form: tuple[str, ...]


_WHY = {
    "empty": "there is no word in it",
    "negated": "it says that something is absent or excluded",
    "hedged": "it says that something is only possible",
    "compound": "it names several diseases",
    "unknown": "no disease or group has this name",
    "not-a-disease": "the dataset's crosswalk says that it is not a disease",
}
_ORDER = {step: place for place, step in enumerate(Step)}
# A name that shares less than this of the meaning-bearing words with a text is not worth a look.
_WORTH_A_LOOK = 0.25
_LONGEST_INITIALS = 6
# The longest names of the shipped knowledge have 12 words. The work grows with both.
_MOST_WORDS = 24
# Comparing letters with every name grows with the length of the text.
_LONGEST_SPELT = 40
_MEMO_LIMIT = 1 << 14


class Adviser:
    """Suggestions from the names of one Knowledge.

    An index of words finds the names to compare: `Knowledge.suggest` compares letters with every name, which takes
    20 to 270 ms a label at 2,000 concepts, and is asked only where no word helps.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._know = knowledge
        self._memo: dict[tuple[str, str | None, int], Advice] = {}

    def advise(self, text: str, *, dataset: str | None = None, limit: int = 5) -> Advice:
        """Never raises on a text. A text that names one concept gets no suggestions."""
        key = (text, dataset, limit)
        advice = self._memo.get(key)
        if advice is None:
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            advice = self._memo[key] = self._advise(text, self._know.resolve(text, dataset=dataset), limit)
        return advice

    def _advise(self, text: str, found: Resolution, limit: int) -> Advice:
        if isinstance(found, Resolved):
            return Advice(f"it names {self._know.label(found.concept)}")
        if isinstance(found, Ambiguous):
            return self._readings(found)
        if found.reason != "unknown":
            return Advice(_WHY[found.reason])
        if len(words(text)) > _MOST_WORDS:
            return Advice("it is too long for a name")
        best: dict[str, tuple[float, Suggestion]] = {}
        for alike, suggestion in self._candidates(text):
            known = best.get(suggestion.concept)
            if known is None or _rank(alike, suggestion) < _rank(*known):
                best[suggestion.concept] = (alike, suggestion)
        ranked = sorted(_doubted(best.values()), key=lambda item: _rank(*item))
        if any(suggestion.step is Step.STRONG for _, suggestion in ranked):
            ranked = [(alike, suggestion) for alike, suggestion in ranked if suggestion.step is not Step.WEAK]
        return Advice(_WHY["unknown"], tuple(suggestion for _, suggestion in ranked[:limit]))

    def _readings(self, found: Ambiguous) -> Advice:
        names = {concept: self._know.label(concept) for concept in found.concepts}
        suggestions = tuple(
            Suggestion(
                concept,
                found.matched,
                Step.POSSIBLE,
                Rule.READING,
                f"one meaning of '{found.matched}', which may also be "
                + " or ".join(name for other, name in names.items() if other != concept),
            )
            for concept in found.concepts
        )
        return Advice(f"it may mean {' or '.join(names.values())}", suggestions)

    # -- candidates ----------------------------------------------------------------------------------------------

    def _candidates(self, text: str) -> Iterator[tuple[float, Suggestion]]:
        """(likeness in [0, 1], suggestion), several for one concept where several of its names are near."""
        form = words(text)
        near = {word: found for word in form if (found := self._spelling.near(word))}
        rows = {row for word in form for known in (word, *near.get(word, ())) for row in self._by_word.get(known, ())}
        nothing = True
        for row in sorted(rows):
            if found := self._compared(text, form, near, self._names[row]):
                nothing = False
                yield found
        for initialled in self._initialled(form):
            nothing = False
            yield initialled
        if nothing and _LONGEST_INITIALS < len(fold(text)) <= _LONGEST_SPELT:
            for concept, label, alike in self._know.suggest(text, 3):
                yield alike, Suggestion(concept, label, Step.WEAK, Rule.LETTERS, f"spelt much like '{label}'")

    def _compared(
        self, text: str, form: Sequence[str], near: dict[str, dict[str, int]], name: _Name
    ) -> tuple[float, Suggestion] | None:
        """What relates a text to one name, None where too little does."""
        meant = {word: _nearest(near.get(word, {}), name.form) for word in form if word not in name.form}
        letters = [near[word][known] for word, known in meant.items() if known]
        mended = [meant.get(word) or word for word in form]
        said, label = set(mended), set(name.form)
        alike = self._likeness(said, label)
        more, missing = [word for word in mended if word not in label], [w for w in name.form if w not in said]
        here = f"'{name.label}'"
        if sorted(mended) == sorted(name.form) and letters:
            # Another beginning may be another meaning: "typical" and "atypical".
            begun = all(word[0] == known[0] for word, known in meant.items() if known)
            # Folding may have taken a misspelt ending for a plural, so the letters as they stand are counted as well.
            off = min(sum(letters), edits(basic(text), basic(name.label), sum(letters)))
            step = Step.STRONG if begun and off <= len(letters) else Step.POSSIBLE
            many = {1: "one", 2: "two"}.get(off, "a few")
            return alike, _suggest(name, step, Rule.SPELLING, f"the same letters as {here} but for {many}")
        if not more and missing:
            return alike, _suggest(name, Step.POSSIBLE, Rule.PART, f"part of the name {here}")
        if more and not missing:
            whole = "the group's name" if self._know.children(name.concept) else "the name"
            # Where the order of words is their meaning, the name may only be what something else is like.
            likely = len(more) <= len(name.form) and unordered(form)
            reason = f"{whole} {here} plus {_quoted(more)}"
            return alike, _suggest(name, Step.POSSIBLE if likely else Step.WEAK, Rule.NAME_AND_MORE, reason)
        if alike < _WORTH_A_LOOK:
            return None
        if len(more) == len(missing) == 1:
            reason = f"'{more[0]}' where the name {here} has '{missing[0]}'"
        else:
            reason = f"shares {_quoted([word for word in dict.fromkeys(mended) if word in label])} with {here}"
        return alike, _suggest(name, Step.WEAK, Rule.WORDS, reason)

    def _initialled(self, form: Sequence[str]) -> Iterator[tuple[float, Suggestion]]:
        if len(form) != 1:
            return
        names = self._by_initials.get(form[0], [])
        only = len({name.concept for name in names}) == 1 and len(form[0]) > 2
        for name in names:
            step = Step.POSSIBLE if only else Step.WEAK
            yield 0.5, _suggest(name, step, Rule.INITIALS, f"the first letters of '{name.label}'")

    def _likeness(self, a: set[str], b: set[str]) -> float:
        """The share of words in common, a rare word counting for more: 1 for the same words."""
        common, whole = (sum(self._weight(word) for word in part) for part in (a & b, a | b))
        return common / whole if whole else 0.0

    def _weight(self, word: str) -> float:
        return log((1 + len(self._names)) / (1 + len(self._by_word.get(word, ()))))

    # -- the index -----------------------------------------------------------------------------------------------

    @cached_property
    def _names(self) -> list[_Name]:
        return [
            _Name(concept.id, label, form)
            for concept in self._know.concepts.values()
            for label in (concept.pref_label, *concept.alt_labels, *concept.hidden_labels, *concept.ambiguous_labels)
            if (form := words(label))
        ]

    @cached_property
    def _by_word(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(self._names):
            for word in set(name.form):
                found[word].append(row)
        return dict(found)

    @cached_property
    def _by_initials(self) -> dict[str, list[_Name]]:
        found: dict[str, list[_Name]] = defaultdict(list)
        for name in self._names:
            if 2 <= len(name.form) <= _LONGEST_INITIALS:
                found["".join(word[0] for word in name.form)].append(name)
        return dict(found)

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self._by_word)


def _suggest(name: _Name, step: Step, rule: Rule, reason: str) -> Suggestion:
    return Suggestion(name.concept, name.label, step, rule, reason)


def _nearest(near: dict[str, int], form: Sequence[str]) -> str | None:
    """The word of a name that a misspelt word is nearest to."""
    return min((word for word in form if word in near), key=lambda word: near[word], default=None)


def _quoted(listed: Sequence[str]) -> str:
    *before, last = (f"'{word}'" for word in listed)
    return f"{', '.join(before)} and {last}" if before else last


def _rank(alike: float, suggestion: Suggestion) -> tuple[int, float, str, str]:
    return _ORDER[suggestion.step], -alike, suggestion.concept, suggestion.matched


def _doubted(found: Iterable[tuple[float, Suggestion]]) -> list[tuple[float, Suggestion]]:
    """Two strong suggestions are none, and a part of many names says little about any."""
    listed = list(found)
    strong = sum(suggestion.step is Step.STRONG for _, suggestion in listed)
    parts = sum(suggestion.rule is Rule.PART for _, suggestion in listed)
    doubted = []
    for alike, suggestion in listed:
        if suggestion.step is Step.STRONG and strong > 1:
            reason = f"{suggestion.reason}; another name is as near"
            suggestion = replace(suggestion, step=Step.POSSIBLE, reason=reason)
        if suggestion.rule is Rule.PART and parts > 1:
            reason = f"part of {parts} names, '{suggestion.matched}' among them"
            suggestion = replace(suggestion, step=Step.WEAK, reason=reason)
        doubted.append((alike, suggestion))
    return doubted
