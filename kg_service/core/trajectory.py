"""FactPack, Trajectory and Rejection: what synthesis reads from the knowledge and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .case import Finding
from .concept import Condition, Polarity


class Kind(StrEnum):
    """The three kinds of trajectory (SkinRationale, arXiv 2511.14900, section 3)."""

    DIRECT = "direct"
    KEEP = "keep"
    REVISE = "revise"


class StepKind(StrEnum):
    OBSERVE = "observe"
    HIERARCHY = "hierarchy"
    TEXTBOOK = "textbook"
    DDX = "ddx"
    CONCLUDE = "conclude"


@dataclass(frozen=True, slots=True)
class Passage:
    """A quotable span of a textbook. `id` is the hash of its content.

    `source` is how the book is cited, `heading` the innermost of the headings of `path` (outermost first), `page` the
    page as the book counts it, `start` and `end` the span in the book's own text (characters), `figures` the ids of
    the figures it speaks of. `role` names a section that is asked for by what it does ("differential"). `about` is the
    concept it speaks of, once a release has been asked. `quote_words` is how long a quotation of it may be; 0: none.
    """

    id: str
    text: str
    source: str
    heading: str = ""
    path: tuple[str, ...] = ()
    page: str = ""
    start: int = 0
    end: int = 0
    role: str = ""
    figures: tuple[str, ...] = ()
    licence: str = ""
    about: str = ""
    quote_words: int = 40

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings it stands under, outermost first; of a book that states no path the one heading it has."""
        return self.path or (self.heading,)


@dataclass(frozen=True, slots=True)
class Distractor:
    """A concept offered against the gold, and the rule of `core.ddx` that chose it."""

    concept: str
    via: str


@dataclass(frozen=True, slots=True)
class FactPack:
    """All a writer may say about one case, frozen from the pinned release before a word is written.

    `profiles` maps each concept that may be mentioned to its (feature id, Polarity) pairs, inherited ones included.
    """

    case_id: str
    gold: str
    condition: Condition | None
    lineage: tuple[str, ...]
    distractors: tuple[Distractor, ...]
    findings: tuple[Finding, ...]
    profiles: tuple[tuple[str, tuple[tuple[str, Polarity], ...]], ...]
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One move of the reasoning. `refs` are aliases (C1 concept, F2 feature, N1 distractor, P1 passage)."""

    kind: StepKind
    text: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One accepted row of SkinRationale.

    `id` is source/case/turn/kind, where the turn counts how often the case was taken before; `reply` is the rendered
    answer the student learns; `aliases` resolves the refs of `steps` to ids; `provenance` names release, digest,
    fact-pack hash, engine, model, prompt version, seed and request hash.
    """

    id: str
    case_id: str
    image: str
    kind: Kind
    gold: str
    condition: Condition
    distractors: tuple[Distractor, ...]
    steps: tuple[Step, ...]
    aliases: dict[str, str]
    reply: str
    answer_visible: bool = False
    provenance: dict[str, str | int | float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate that a check refused: the stable code, what exactly was wrong, and the candidate itself."""

    case_id: str
    kind: Kind
    code: str
    detail: str
    candidate: dict[str, object] = field(default_factory=dict)
