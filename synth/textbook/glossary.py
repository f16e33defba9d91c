"""What one book calls each disease: the names of the release, and those that the book itself says are the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from kg_service.core.fold import fold, words
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Resolved
from kg_service.core.mentions import Mention, MentionFinder
from kg_service.core.trajectory import Passage

from .evidence import Evidence
from .titles import is_question, is_section, names_in, plain, weighing

_REMEMBERED = 1 << 12
_SYNONYMS = re.compile(
    r"^\W*(?:synonyms?|also (?:called|known as))\s*[:.—-]*\s*(?P<names>.{3,400}?)\W*$", re.IGNORECASE
)
_ALSO = re.compile(
    r"\b(?:also (?:called|known as|termed)|commonly (?:called|known as)|synonyms?:)\s+(?P<names>[^.;:()]{3,80})",
    re.IGNORECASE,
)
_DEFINED = re.compile(r"(?P<name>[^,.;]{3,40}), or (?P<other>[^,.;]{3,40}),")
# A name that says where: the skin is where all of these are.
_ON_SKIN = re.compile(r"\s+(?:cutis|cutanea|cutaneous|of the skin|of skin)$", re.IGNORECASE)
# Chapters on parasites name what a parasite does by the parasite.
_PARASITES = re.compile(r"parasit|infestation|arthropod|insect", re.IGNORECASE)
_DOES = ("disease", "bite", "dermatitis", "infestation", "myiasis")
_REGION = {"bearded region": "beard", "hairy scalp": "scalp", "general surface": "body", "non-hairy parts": "body"}
_WHERE = re.compile(r"\s+(?:of|on|upon) (?:the )?((?:[\w-]+ ){0,1}[\w-]+)", re.IGNORECASE)
_BEFORE = re.compile(r"((?:[\w-]+ ){1,2})$")
# "Molluscum fibrosum" is no molluscum: a Latin word behind a name makes another name of it, unless it says what form.
_EPITHET = re.compile(
    r"\s([a-zæœ]+(?:os[aeu]m?|osus|ic[aeu]m?|icus|iform[ei]s?|al[ei]s?|ar[ei]s?|orum|arum|at[au]m?|atus|id[au]m?|oides))\b"
)
_FORM = re.compile(
    r"squamos|papulos|vesiculos|pustulos|erythematos|bullos|maculos|tuberculos|nodos|punctat|guttat|nummular|rubr|sicc|"
    r"oleos|fiss|chronic|acut|vulgar|universal|diffus|circumscript|generalis|capit|corpor|facia|seborrh"
)  # fmt: skip
# "Pemphigoid eruptions" are like pemphigus; they are no pemphigoid.
_LIKE = re.compile(r"\s(?:eruptions?|lesions?|types?|conditions?|affections?|forms?|appearances?)\b", re.IGNORECASE)
_LATIN_BEFORE = re.compile(r"\b[a-z]+(?:oma|itis|osis|ema)\s$", re.IGNORECASE)
_LATIN = re.compile(r"[a-z]+(?:um|us|a|osa)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Equation:
    """A book's statement that a name means a disease."""

    name: str
    concept: str
    evidence: Evidence


class Glossary:
    """The names of a release and of one book.

    Args:
        passages: those of the book, in its order.
    """

    def __init__(self, knowledge: Knowledge, passages: Iterable[Passage]) -> None:
        self.knowledge = knowledge
        self.equations: list[Equation] = []
        self._named: dict[str, str] = {}
        for heading, lines in _headed(passages).items():
            self._read(heading, lines)
        own: dict[str, list[str]] = {}
        for equation in self.equations:
            if not isinstance(knowledge.resolve(equation.name), Resolved):
                own.setdefault(equation.concept, []).append(equation.name)
                self._named.setdefault(fold(equation.name), equation.concept)
        self._own = MentionFinder(own)
        self._read_before = lru_cache(_REMEMBERED)(self._mentions)
        self._disputed = {fold(e.name) for e in self.equations if self._means_another(e)}

    def heading(self, heading: str) -> str:
        """The concept that a heading names, or ""; a question names none."""
        if is_question(heading):
            return ""
        return self._named.get(fold(plain(heading)), "") or self._one(names_in(heading))

    def about(self, path: Sequence[str]) -> str:
        """The concept that a passage is about by its headings (outermost first), or "".

        The innermost name counts. A name that is not known ends the search, for what follows is about that disease and
        about no other, unless it is a variety of the disease above ("Seborrhœa oleosa" under "Seborrhœa"). A question
        or the title of a section narrows what stands above it, never more. Below "Differential diagnosis" stand the
        other diseases.
        """
        narrower: list[str] = []
        unknown: list[str] = []
        for heading in reversed(path[: weighing(path) or None]):
            if is_question(heading) or is_section(plain(heading)):
                named = {m.id for m in self.mentions(heading) if not m.negated}
                narrower += sorted(named) if len(named) == 1 else []
                continue
            concept = self.heading(heading)
            if not concept:
                unknown.append(heading)
                continue
            if any(not set(words(heading)) & set(words(name)) for name in unknown):
                return ""
            return next((id_ for id_ in narrower if self.knowledge.is_ancestor(concept, id_)), concept)
        return ""

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """The diseases named in a text, by the names of the release and of the book, as narrow as the text has them."""
        return self._read_before(text)

    def _mentions(self, text: str) -> tuple[Mention, ...]:
        named = [
            self._narrowed(text, mention)
            for mention in self.knowledge.concept_mentions(text)
            if not _is_another(text, mention) and fold(mention.text) not in self._disputed
        ]
        found: list[Mention] = []
        for mention in sorted([*named, *self._own.find(text)], key=lambda m: (m.start - m.end, m.start)):
            if not any(mention.start < other.end and other.start < mention.end for other in found):
                found.append(mention)
        found.sort(key=lambda mention: mention.start)
        return tuple(m for place, m in enumerate(found) if not _compound(text, found, place))

    def _means_another(self, equation: Equation) -> bool:
        """Whether a name means one disease here and an unrelated one in the release, as "lupus". It links nothing."""
        found = self.knowledge.resolve(equation.name)
        if not isinstance(found, Resolved) or found.concept == equation.concept:
            return False
        preferred = fold(self.knowledge.label(found.concept)) == fold(equation.name)
        return not preferred and not self.knowledge.same_line(found.concept, equation.concept)

    def _narrowed(self, text: str, mention: Mention) -> Mention:
        """ "Ringworm of the scalp" is more than ringworm, where the release has a name for it."""
        for start, end, name in _wider(text, mention):
            found = self.knowledge.resolve(name)
            if isinstance(found, Resolved) and self.knowledge.is_ancestor(mention.id, found.concept):
                return replace(mention, start=start, end=end, id=found.concept, text=text[start:end])
        return mention

    def _read(self, heading: str, lines: list[Passage]) -> None:
        """Take the names of one disease from its heading, its line of synonyms and its first sentences."""
        names = names_in(heading)
        said: list[tuple[str, Evidence]] = []
        for passage in lines:
            for name, start, end in _synonyms(passage.text, names):
                said.append((name, Evidence.of(passage, start, end)))
        parasites = any(_PARASITES.search(above) for above in lines[0].path[:-1])
        others = [name for name, _ in said]
        concept = self._one(names) or self._most(others)
        if not concept and parasites:
            self._named[fold(plain(heading))] = self._done([*names, *others])  # the name of an animal is no synonym
        if not concept:
            return
        self._named[fold(plain(heading))] = concept
        at_heading = replace(Evidence.of(lines[0], 0, 0), quote=heading)
        for name, evidence in [*((name, at_heading) for name in names), *said]:
            self.equations.append(Equation(name, concept, evidence))

    def _resolved(self, name: str) -> str:
        for spelling in (name, _ON_SKIN.sub("", name)):
            found = self.knowledge.resolve(spelling)
            if isinstance(found, Resolved):
                return found.concept
        return ""

    def _one(self, names: list[str]) -> str:
        """What the first of some names means, or else what all that are known mean; "" where they differ."""
        meant = [id_ for name in names if (id_ := self._resolved(name))]
        agreed = meant and (self._resolved(names[0]) or all(self.knowledge.same_line(meant[0], m) for m in meant))
        return meant[0] if agreed else ""

    def _most(self, names: list[str]) -> str:
        """What most of some names for one thing mean, or ""."""
        ranked = Counter(id_ for name in names if (id_ := self._resolved(name))).most_common(2)
        clear = ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1])
        return ranked[0][0] if clear else ""

    def _done(self, parasites: list[str]) -> str:
        """The disease that a parasite of one of these names does, or ""."""
        heads = [*parasites, *(words(name)[-1] for name in parasites)]
        return next((id_ for name in heads for does in _DOES if (id_ := self._resolved(f"{name} {does}"))), "")


def _headed(passages: Iterable[Passage]) -> dict[str, list[Passage]]:
    """The name at the head of each disease -> the passages under it."""
    found: dict[str, list[Passage]] = {}
    for passage in passages:
        names = [h for h in passage.headings if h and not is_question(h) and not is_section(plain(h))]
        if names:
            found.setdefault(names[-1], []).append(passage)
    return found


def _synonyms(text: str, names: list[str]) -> Iterator[tuple[str, int, int]]:
    """The names that a passage says are the same, each with the span that says so.

    A line of synonyms says it of the heading; a sentence only where it starts with one of the heading's `names`.
    """
    if line := _SYNONYMS.match(text):
        for name in re.split(r"[;,.]|\bor\b|\band\b", line["names"]):
            name = name.split("(")[0].strip(" .)\"'“”")
            if 1 <= len(words(name)) <= 5:
                yield name, line.start(), line.end()
        return
    if (defined := _DEFINED.match(text)) and fold(defined["name"]) in {fold(name) for name in names}:
        yield defined["other"].strip(), defined.start(), defined.end("other")
    for line in _ALSO.finditer(text):
        start = text.rfind(". ", 0, line.start()) + 2 if ". " in text[: line.start()] else 0
        before = fold(text[start : line.start()])
        if any(before.startswith(fold(name)) and len(words(before[len(fold(name)) :])) <= 2 for name in names):
            name = re.split(r"[,]|\bor\b|\band\b", line["names"])[0].strip()
            if 1 <= len(words(name)) <= 4:
                yield name, start, line.start("names") + len(name)


def _wider(text: str, mention: Mention) -> Iterator[tuple[int, int, str]]:
    """Spans around a mention that may be a narrower name, the widest first, and the name each would be."""
    behind = _WHERE.match(text, mention.end)
    if behind:
        for end in (behind.end(), text.find(" ", behind.start(1), behind.end())):
            if end > 0:
                place = text[behind.start(1) : end]
                yield mention.start, end, f"{mention.text} of {_REGION.get(place, place)}"
    before = _BEFORE.search(text, max(0, mention.start - 40), mention.start)
    if before:
        extra = before[1].split(" ")[:-1]
        for taken in range(len(extra)):
            name = " ".join([*extra[taken:], mention.text])
            yield mention.end - len(name), mention.end, name


def _compound(text: str, found: list[Mention], place: int) -> bool:
    """Whether two names stand side by side ("ringworm sycosis"): they are one disease, and neither of the two."""
    near = [found[place - 1 : place + 1]] if place else []
    near += [found[place : place + 2]]
    return any(len(two) == 2 and text[two[0].end : two[1].start] in {" ", "-"} for two in near)


def _is_another(text: str, mention: Mention) -> bool:
    """Whether a name of one word is part of another Latin name that is not known ("molluscum fibrosum")."""
    if " " in mention.text:
        return False
    if mention.text.lower().endswith("oid") and _LIKE.match(text, mention.end):
        return True
    behind = _EPITHET.match(text, mention.end)
    if behind and not _FORM.match(behind[1]):
        return True
    before = _LATIN_BEFORE.search(text, max(0, mention.start - 30), mention.start)
    return bool(before and _LATIN.fullmatch(mention.text))
