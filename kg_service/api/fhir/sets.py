"""Value sets. They are named by the code system's uri and a query, as SNOMED CT's implicit value sets are.

https://w3id.org/skin-r1/concept?fhir_vs                      every concept
https://w3id.org/skin-r1/concept?fhir_vs=isa/melanoma         melanoma and every concept below it
https://w3id.org/skin-r1/concept?fhir_vs=condition/malignant  every concept whose condition is malignant
"""

from __future__ import annotations

from urllib.parse import unquote

from ...core.concept import Condition
from ...core.errors import RequestTooLarge, UnknownTerminology
from ...core.knowledge import Knowledge
from .codes import accepted, designations, refused
from .parameters import Resource, integer, string, uri
from .systems import SYSTEM

_ALL = f"{SYSTEM}?fhir_vs"

# A longer answer must be asked for in pages.
MAX_EXPANSION = 10_000


def members(know: Knowledge, url: str) -> tuple[str, ...]:
    """The ids of a value set.

    Raises:
        UnknownTerminology: no value set has this url.
        UnknownConcept: it stands below a concept that does not exist.
    """
    if url == _ALL:
        return know.taxonomy.ids
    kind, _, value = unquote(url.removeprefix(f"{_ALL}=")).partition("/")
    if url.startswith(f"{_ALL}=") and kind == "isa":
        return (know.concept(value).id, *know.descendants(value))
    if url.startswith(f"{_ALL}=") and kind == "condition" and value in list(Condition):
        return tuple(id_ for id_ in know.taxonomy.ids if know.condition(id_) == value)
    raise UnknownTerminology(
        f"no value set is called {url!r}; there are {_ALL}, {_ALL}=isa/ID and {_ALL}=condition/{'|'.join(Condition)}"
    )


def expand(
    know: Knowledge,
    version: str,
    at: str,
    url: str,
    *,
    text: str = "",
    offset: int = 0,
    count: int | None = None,
    with_designations: bool = False,
    published: bool = True,
) -> Resource:
    """$expand, one page of it. With a text, the concepts that `search` finds by it, best first; else by id or level.

    Args:
        version: the release's id.
        at: when it was published (the expansion of a release never changes), or the time now for a draft.
        count: concepts on the page; None for all that are left.

    Raises:
        UnknownTerminology: no value set has this url.
        RequestTooLarge: too many for one answer; the message says how to ask for pages.
        UnknownConcept: it stands below a concept that does not exist.
    """
    ids = members(know, url)
    if text:
        inside = set(ids)
        ids = tuple(id_ for id_, _ in know.search(text, len(know.concepts)) if id_ in inside)
    page = ids[offset:] if count is None else ids[offset : offset + count]
    if len(page) > MAX_EXPANSION:
        raise RequestTooLarge(f"{len(page)} concepts; one answer may carry {MAX_EXPANSION}: give offset and count")
    asked = [uri("version", f"{SYSTEM}|{version}"), integer("offset", offset)]
    asked += [integer("count", count)] if count is not None else []
    asked += [string("filter", text)] if text else []
    return {
        "resourceType": "ValueSet",
        "url": url,
        "version": version,
        "status": "active" if published else "draft",
        "expansion": {
            "timestamp": at,
            "total": len(ids),
            "offset": offset,
            "parameter": asked,
            "contains": [_contained(know, id_, with_designations) for id_ in page],
        },
    }


def _contained(know: Knowledge, id_: str, with_designations: bool) -> Resource:
    row: Resource = {"system": SYSTEM, "code": id_, "display": know.label(id_)}
    if with_designations and (found := designations(know, id_)):
        row["designation"] = found
    return row


def validate_in(know: Knowledge, url: str, system: str | None, asked: str, display: str | None = None) -> Resource:
    """$validate-code of a value set.

    Raises:
        UnknownTerminology: no value set has this url.
        UnknownConcept: the set stands below a concept that does not exist.
    """
    inside = members(know, url)
    if system is not None and system != SYSTEM:
        return refused(f"the value set holds codes of {SYSTEM}, not of {system}")
    if asked not in inside:
        return refused(f"{asked!r} is not in the value set {url}")
    return accepted(know, asked, display)
