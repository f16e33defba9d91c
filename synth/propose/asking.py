"""Passages read by a language model: only what it can quote to the letter, and what our own finder reads likewise."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from kg_service.core.concept import Polarity
from kg_service.core.trajectory import Passage

from ..model import Ask, Deferred, ModelFailed
from ..model.purse import Estimate
from ..model.settings import ModelSettings
from ..textbook import roles
from ..textbook.evidence import Evidence
from ..textbook.glossary import Equation, Glossary
from .candidate import Candidate, Sign
from .pairs import CONFIDENCE, pair
from .rules import Found
from .sections import Section, sections

SYSTEM = """You read one section of a textbook of dermatology and list what it states, nothing else.
Each statement is one of:
- "differential": the text says that `disease` and `other` are to be told apart, or may be taken for each other.
- "feature": the text says that `disease` shows `sign`, or (present: false) that it does not.
- "synonym": the text says that `other` is another name of `disease`.
- "form-of": the text says that `disease` is a form or variety of `other`.
Rules: copy `disease`, `other` and `sign` from the text or its headings, letter by letter. `quote` is the shortest span
of the text that says it, copied letter by letter. Leave out what is said to be possible, rare or doubtful. Leave a
field that is not asked for empty. Where the text states nothing of the kind, the list is empty."""

Says = Literal["differential", "feature", "synonym", "form-of"]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["statements"],
    "properties": {
        "statements": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind", "disease", "other", "sign", "present", "quote"],
                "properties": {
                    "kind": {"type": "string", "enum": list(get_args(Says))},
                    "disease": {"type": "string"},
                    "other": {"type": "string"},
                    "sign": {"type": "string"},
                    "present": {"type": "boolean"},
                    "quote": {"type": "string"},
                },
            },
        }
    },
}


class Statement(BaseModel):
    """One statement as a model puts it, in the words of the book."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Says
    disease: str
    other: str
    sign: str
    present: bool
    quote: str


class Statements(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    statements: list[Statement]


def readable(passages: Iterable[Passage], glossary: Glossary) -> list[Section]:
    """The sections that are worth a model's time: they describe a disease that we hold, or tell it from others."""
    wanted = roles.DESCRIBING | {roles.DIFFERENTIAL}
    return [each for each in sections(passages, glossary) if each.about and each.role in wanted]


def ask_of(section: Section) -> Ask:
    """The request for one section."""
    body = "\n\n".join(passage.text for passage in section.passages)
    return Ask(SYSTEM, f"Headings: {' > '.join(section.path)}\n\n{body}", "statements", SCHEMA)


def read(
    settings: ModelSettings, folder: Path, passages: list[Passage], glossary: Glossary
) -> tuple[Found, Counter[str]]:
    """What a model reads in one book, and how its statements fared: `kept`, or why not.

    Args:
        folder: the cache of replies; what is in it costs nothing.

    Raises:
        BudgetSpent, EndpointBroken: no more can be asked.
    """
    from ..model.endpoint import Endpoint

    found, fared = Found(), Counter[str]()
    asked = readable(passages, glossary)
    with Endpoint(settings, folder) as endpoint:
        futures = [endpoint.submit(ask_of(section)) for section in asked]
        for section, future in zip(asked, futures, strict=True):
            try:
                reply = future.result()
            except Deferred:
                fared["deferred"] += 1
            except ModelFailed:
                fared["failed"] += 1
            else:
                whole = reply.finish == "stop"
                fared.update(take(reply.text, section, glossary, found) if whole else ["truncated"])
    return found, fared


def estimate(settings: ModelSettings, folder: Path, passages: list[Passage], glossary: Glossary) -> Estimate:
    """What reading one book would take, without what the cache in `folder` holds."""
    from ..model.endpoint import Endpoint

    with Endpoint(settings, folder) as endpoint:
        return endpoint.estimate(ask_of(section) for section in readable(passages, glossary))


def take(text: str, section: Section, glossary: Glossary, found: Found) -> Iterator[str]:
    """Add the statements of a reply that hold; yield for each how it fared. A broken reply is `unreadable`."""
    try:
        statements = Statements.model_validate(json.loads(text)).statements
    except (ValueError, RecursionError):
        yield "unreadable"
        return
    for statement in statements:
        yield _take(statement, section, glossary, found)


def by_model(candidate: Candidate, name: str) -> Candidate:
    """A candidate as found by a model. Nobody has measured how often it is right, so none is offered by itself."""
    return replace(candidate, found_by=f"model:{name}", confidence=CONFIDENCE["model"])


def _take(statement: Statement, section: Section, glossary: Glossary, found: Found) -> str:
    evidence = _quoted(statement.quote, section)
    if evidence is None:
        return "not-in-passage"
    near = f"{' '.join(section.path)} {' '.join(passage.text for passage in section.passages)}"
    disease = _meant(statement.disease, near, glossary)
    if not disease:
        return "unknown-disease"
    if statement.kind == "feature":
        return _feature(statement, disease, evidence, glossary, found)
    if statement.kind == "synonym":
        if not _stands(statement.other, near):
            return "not-in-passage"
        found.equations.append(Equation(statement.other.strip(), disease, evidence))
        return "kept"
    other = _meant(statement.other, near, glossary)
    if not other:
        return "unknown-disease"
    if statement.kind == "form-of":
        found.places.append((disease, other, evidence))
        return "kept"
    made = pair(glossary.knowledge, disease, other, "model", evidence)
    if made is None:
        return "same-line"
    found.pairs.setdefault((made.a, made.b), []).append(made)
    return "kept"


def _feature(statement: Statement, disease: str, evidence: Evidence, glossary: Glossary, found: Found) -> str:
    """A sign counts where our own finder sees the same one in the quotation, denied or not as the model says."""
    wanted = {mention.id for mention in glossary.knowledge.feature_mentions(statement.sign)}
    seen = [m for m in glossary.knowledge.feature_mentions(evidence.quote) if m.id in wanted]
    if len(wanted) != 1 or not seen:
        return "unknown-sign"
    if seen[0].hedged or seen[0].negated is statement.present:
        return "read-otherwise"
    polarity = Polarity.PRESENT if statement.present else Polarity.ABSENT
    found.told.append(Sign(disease, seen[0].id, polarity, evidence))
    return "kept"


def _meant(name: str, near: str, glossary: Glossary) -> str:
    """The concept that a name from the text means, or ""."""
    if not _stands(name, near):
        return ""
    named = {mention.id for mention in glossary.mentions(name)}
    return glossary.heading(name) or (named.pop() if len(named) == 1 else "")


def _stands(name: str, text: str) -> bool:
    return bool(name.strip()) and _pattern(name).search(text) is not None


def _quoted(quote: str, section: Section) -> Evidence | None:
    """The span of the one passage that holds a quotation word for word, or None."""
    if not re.search(r"\w", quote):
        return None
    for passage in section.passages:
        if match := _pattern(quote).search(passage.text):
            return Evidence.of(passage, match.start(), match.end())
    return None


def _pattern(quote: str) -> re.Pattern[str]:
    """The words of a quotation in their order; spaces and punctuation between them may differ."""
    said = re.findall(r"\w+", quote)
    return re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, said)) + r"(?!\w)", re.IGNORECASE)
