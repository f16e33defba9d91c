"""Retired ids: what stands for a concept that is no longer one, and whether all of it leads somewhere."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from .concept import Retired
from .errors import KnowledgeInvalid


def check_retired(retired: Mapping[str, Retired], concepts: Container[str]) -> None:
    """
    Args:
        retired: by id.
        concepts: the ids that are concepts now.

    Raises:
        KnowledgeInvalid: a retired id is a concept, or is replaced by what is neither a concept nor a retired id,
            by one id twice, or in the end by itself. Of several such circles one is named.
    """
    findings = [f"{id_} is retired, but is a concept" for id_ in retired if id_ in concepts]
    for old in retired.values():
        findings += [
            f"the retired {old.id} is replaced by {id_}, which is neither a concept nor a retired id"
            for id_ in old.replaced_by
            if id_ not in concepts and id_ not in retired
        ]
        if len(set(old.replaced_by)) < len(old.replaced_by):
            findings.append(f"the retired {old.id} names a replacement twice")
    try:
        TopologicalSorter({old.id: old.replaced_by for old in retired.values()}).prepare()
    except CycleError as circle:
        findings.append(f"retired ids replace each other in a circle: {' > '.join(circle.args[1])}")
    if findings:
        raise KnowledgeInvalid("retired ids contradict the knowledge:", tuple(findings))


def successors(retired_id: str, retired: Mapping[str, Retired]) -> tuple[str, ...]:
    """The concepts that stand for a retired id now, in the order they were named; empty where nothing replaces it."""
    return tuple(dict.fromkeys(id_ for id_ in _replacements(retired_id, retired) if id_ not in retired))


def _replacements(start: str, retired: Mapping[str, Retired]) -> Iterator[str]:
    """Every id that replaces `start`, directly or by way of others, depth first."""
    entered = {start}
    waiting = list(reversed(retired[start].replaced_by))
    while waiting:
        id_ = waiting.pop()
        yield id_
        if id_ in retired and id_ not in entered:
            entered.add(id_)
            waiting += reversed(retired[id_].replaced_by)
