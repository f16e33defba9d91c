"""The layout of the published project's `synonym_and_subtype2.json`.

    {"synonym_map": {synonym: name, …}, "subtype_map": {name: [subtype, …], …}}      all names in lower case

It has names and their hierarchy and nothing else: writing it loses capitals, conditions, definitions, matches, which
parent is the primary one, ambiguous labels, features and differentials; hidden labels become synonyms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..core.errors import KnowledgeInvalid
from ..core.fold import words
from ..core.knowledge import Knowledge
from .reading import Source, nothing_in, text_of
from .row import Incoming, certain

SYNONYMS, SUBTYPES = "synonym_map", "subtype_map"

_BRACKETED = re.compile(r"(?P<name>[^()]+?)\s*\((?P<short>[a-z]{2,6})\)", re.IGNORECASE)


def read_published(path: Source) -> tuple[Incoming, ...]:
    """A row for each name that is not another's synonym, in the order of the file.

    Names that are each other's synonyms are one disease, under the name that stands first.

    Raises:
        ConfigInvalid: the file cannot be opened.
        KnowledgeInvalid: it is not JSON of this layout, or holds no name.
    """
    text = text_of(path)
    synonyms, subtypes = _maps(path, text)
    names = dict.fromkeys(_names(synonyms, subtypes))
    chosen = {name: _name_of(name, synonyms) for name in names}
    alt: dict[str, list[str]] = {}
    above: dict[str, list[str]] = {}
    for name in names:
        called = alt.setdefault(chosen[name], [])
        if name != chosen[name]:
            called.append(name)
    for group, members in subtypes.items():
        for member in members:
            child, parent = chosen[_tidy(member)], chosen[_tidy(group)]
            if child != parent:
                above.setdefault(child, []).append(parent)
    found = tuple(_row(name, called, above.get(name, []), _place(path, text, name)) for name, called in alt.items())
    if not found:
        raise nothing_in(path, "name")
    return found


def write_published(knowledge: Knowledge) -> str:
    """Names and hierarchy in that layout; a concept with neither synonyms, parents nor members is an empty group."""
    name = {concept.id: concept.pref_label.lower() for concept in knowledge.concepts.values()}
    synonyms: dict[str, str] = {}
    subtypes: dict[str, list[str]] = {}
    for concept in knowledge.concepts.values():
        own = {label.lower() for label in certain((*concept.alt_labels, *concept.hidden_labels), concept)} - {
            name[concept.id]
        }
        synonyms |= dict.fromkeys(own, name[concept.id])
        members = sorted(name[child] for child in knowledge.children(concept.id))
        if members or not (own or concept.parents):
            subtypes[name[concept.id]] = members
    return json.dumps({SYNONYMS: synonyms, SUBTYPES: subtypes}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _maps(path: Source, text: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    try:
        content: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise KnowledgeInvalid("this is not JSON:", (f"{path}, line {error.lineno}: {error.msg}",)) from error
    except (RecursionError, ValueError) as error:  # thousands of brackets, or a number of thousands of digits
        raise KnowledgeInvalid(
            "this JSON cannot be read:", (f"{path}: it is nested or numbered beyond reason",)
        ) from error
    if not isinstance(content, dict) or not {SYNONYMS, SUBTYPES} & set(content):
        raise KnowledgeInvalid("this JSON has another layout:", (f"{path}: neither {SYNONYMS} nor {SUBTYPES}",))
    synonyms, subtypes = content.get(SYNONYMS, {}), content.get(SUBTYPES, {})
    findings = [
        f"{path}: {key} is not an object" for key in (SYNONYMS, SUBTYPES) if not isinstance(content.get(key, {}), dict)
    ]
    if not findings:
        findings = [
            f"{path}: the synonym {key[:80]!r} must stand for one name, a text"
            for key, name in synonyms.items()
            if not isinstance(name, str) or not name.strip()
        ]
        findings += [
            f"{path}: the subtypes of {key[:80]!r} must be a list of names"
            for key, members in subtypes.items()
            if not isinstance(members, list) or not all(isinstance(member, str) for member in members)
        ]
    if findings:
        raise KnowledgeInvalid("this JSON has another layout:", tuple(findings))
    return {_tidy(key): _tidy(name) for key, name in synonyms.items()}, subtypes


def _names(synonyms: Mapping[str, str], subtypes: Mapping[str, list[str]]) -> Iterator[str]:
    for synonym, name in synonyms.items():
        yield from (name, synonym)
    for group, members in subtypes.items():
        yield from (_tidy(each) for each in (group, *members))


def _name_of(name: str, synonyms: Mapping[str, str]) -> str:
    """The name a synonym stands for, through any number of steps; in a ring the one that stands first."""
    path = [name]
    while (following := synonyms.get(path[-1], path[-1])) != path[-1]:
        if following in path:
            ring = set(path[path.index(following) :])
            return next(synonym for synonym in synonyms if synonym in ring)
        path.append(following)
    return path[-1]


def _row(name: str, called: list[str], parents: list[str], place: str) -> Incoming:
    label, short = _without_abbreviation(name)
    alt = [part for synonym in called for part in _without_abbreviation(synonym) if part]
    return Incoming(
        key=name,
        pref_label=label,
        parents=tuple(parents),
        alt_labels=tuple(dict.fromkeys(part for part in (short, *alt) if part and part != label)),
        place=place,
    )


def _without_abbreviation(name: str) -> tuple[str, str]:
    """A name and the abbreviation that stands behind it in brackets: "basal cell carcinoma (bcc)"."""
    found = _BRACKETED.fullmatch(name)
    if found and "".join(word[0] for word in words(found["name"])) == found["short"].lower():
        return found["name"], found["short"]
    return name, ""


def _tidy(name: str) -> str:
    return " ".join(name.split())


def _place(path: Source, text: str, name: str) -> str:
    """The line on which a name first stands; the file alone where it is written with escapes."""
    at = text.find(json.dumps(name, ensure_ascii=False))
    return f"{path}, line {text.count(chr(10), 0, at) + 1}" if at >= 0 else str(path)
