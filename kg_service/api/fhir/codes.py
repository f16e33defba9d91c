"""CodeSystem operations: what a code is, whether it is one, and which of two is above the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...core.fold import basic
from ...core.knowledge import Knowledge
from .parameters import Resource, boolean, code, integer, parameters, parts, string, uri
from .systems import NAME, SYSTEM

_SYNONYM = {"system": "http://snomed.info/sct", "code": "900000000000013009", "display": "Synonym"}


def lookup(know: Knowledge, version: str, asked: str, properties: Collection[str] = ()) -> Resource:
    """$lookup: name, synonyms, place and matches of a code. A retired id is found too, as inactive.

    Args:
        version: the release's id.
        properties: which properties to give; all of them where this is empty.

    Raises:
        UnknownConcept: the code never was a concept.
    """
    retired = know.retired.get(asked)
    display = retired.pref_label if retired else know.label(asked)
    given = _of_retired(know, asked) if retired else _of_concept(know, asked)
    wanted = ((name, value) for name, value in given if not properties or name in properties)
    return parameters(
        string("name", NAME),
        string("version", version),
        string("display", display),
        *({"name": "designation", "part": _designation(value)} for value in synonyms(know, asked)),
        *(parts("property", code("code", name), value) for name, value in wanted),
    )


def _of_retired(know: Knowledge, asked: str) -> Iterator[tuple[str, Resource]]:
    yield "inactive", boolean("value", True)
    for successor in know.successors(asked):
        yield "replacedBy", code("value", successor)


def _of_concept(know: Knowledge, asked: str) -> Iterator[tuple[str, Resource]]:
    concept = know.concept(asked)
    condition = know.condition(asked)
    yield "inactive", boolean("value", False)
    yield "level", integer("value", know.level(asked))
    if condition is not None:
        yield "condition", string("value", condition.value)
    if concept.definition:
        yield "definition", string("value", concept.definition)
    for parent in concept.parents:
        yield "parent", code("value", parent)
    for child in know.children(asked):
        yield "child", code("value", child)
    for iri in concept.exact_match:
        yield "exactMatch", uri("value", iri)
    for iri in concept.close_match:
        yield "closeMatch", uri("value", iri)


def synonyms(know: Knowledge, asked: str) -> tuple[str, ...]:
    """The other names of a concept; none of a retired id."""
    concept = know.concepts.get(asked)
    return (*concept.alt_labels, *concept.ambiguous_labels) if concept else ()


def designations(know: Knowledge, asked: str) -> list[Resource]:
    """The other names, as the designations of an expansion."""
    return [{"use": _SYNONYM, "value": value} for value in synonyms(know, asked)]


def _designation(value: str) -> list[Resource]:
    return [{"name": "use", "valueCoding": _SYNONYM}, string("value", value)]


def validate(know: Knowledge, system: str | None, asked: str, display: str | None = None) -> Resource:
    """$validate-code of the code system. A retired id is a code, with a message that says what replaces it."""
    if system is not None and system != SYSTEM:
        return refused(f"the code system is {SYSTEM}, not {system}")
    if asked in know.retired:
        now = know.successors(asked)
        said = f"inactive: use {' or '.join(now)}" if now else "inactive: nothing replaces it"
        name = string("display", know.retired[asked].pref_label)
        return parameters(boolean("result", True), string("message", said), name)
    if asked not in know.concepts:
        return refused(f"no concept has the id {asked!r}")
    return accepted(know, asked, display)


def accepted(know: Knowledge, asked: str, display: str | None) -> Resource:
    """A code that is one, unless it was given a display that is none of its names."""
    label = know.label(asked)
    names = {basic(name) for name in (label, *synonyms(know, asked))}
    if display and basic(display) not in names:
        return refused(f"{display!r} is not a name of {asked}", label)
    return parameters(boolean("result", True), string("display", label))


def refused(message: str, display: str = "") -> Resource:
    """`result` false and why."""
    right = [string("display", display)] if display else []
    return parameters(boolean("result", False), string("message", message), *right)


def subsumes(know: Knowledge, a: str, b: str) -> Resource:
    """$subsumes.

    Raises:
        UnknownConcept: one of the codes is no concept's id.
    """
    return parameters(code("outcome", _outcome(know, know.concept(a).id, know.concept(b).id)))


def _outcome(know: Knowledge, a: str, b: str) -> str:
    if a == b:
        return "equivalent"
    if know.is_ancestor(a, b):
        return "subsumes"
    return "subsumed-by" if know.is_ancestor(b, a) else "not-subsumed"
