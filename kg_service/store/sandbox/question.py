"""What a query text says about itself before any engine sees it: the graphs it asks for, and that it stays here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...core.errors import QueryInvalid

# Every alternative takes what it has looked at, so that a hostile megabyte is read once and not again at every sign: a
# string that nobody closed reaches to where it must end, and words joined by dots and hyphens are one match.
_TOKEN = re.compile(
    r"""
    (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<skipped>\"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\")? | '''(?:[^'\\]|\\.|'(?!''))*+(?:''')?
      | "(?:[^"\\\n\r]|\\.)*+"? | '(?:[^'\\\n\r]|\\.)*+'? | \#[^\n\r]* | [?$@]\w+ | \s+)
  | (?P<name>(?:\w[\w.-]*+)?:(?:[\w.:%-]|\\.)*+)
  | (?P<word>\w[\w.-]*+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The graphs that FROM and FROM NAMED of a query name, as IRIs."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def dataset_of(query: str) -> Dataset:
    """The graphs a query names itself.

    Raises:
        QueryInvalid: it uses SERVICE, or FROM with something that is no IRI.
    """
    default: list[str] = []
    named: list[str] = []
    prefixes: dict[str, str] = {}
    tokens = _tokens(query)
    for kind, text in tokens:
        word = text.upper() if kind == "word" else ""
        if word == "SERVICE":
            raise QueryInvalid("SERVICE is not answered: a query stays within this service's graphs")
        if word == "PREFIX":
            name, iri = next(tokens, ("", "")), next(tokens, ("", ""))
            if (name[0], iri[0]) == ("name", "iri"):
                prefixes[name[1]] = iri[1][1:-1]
        elif word == "FROM":
            kind, text = next(tokens, ("", ""))
            group = default
            if text.upper() == "NAMED":
                group = named
                kind, text = next(tokens, ("", ""))
            group.append(_iri(kind, text, prefixes))
    return Dataset(tuple(dict.fromkeys(default)), tuple(dict.fromkeys(named)))


def _tokens(query: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(query):
        if match.lastgroup == "word":
            yield from (("word", word) for word in re.findall(r"\w+", match[0]))
        elif match.lastgroup != "skipped":
            yield match.lastgroup or "", match[0]


def _iri(kind: str, text: str, prefixes: dict[str, str]) -> str:
    if kind == "iri":
        return text[1:-1]
    prefix, sign, rest = text.partition(":")
    if kind == "name" and prefix + sign in prefixes:
        return prefixes[prefix + sign] + rest
    raise QueryInvalid(f"FROM must be followed by the IRI of a graph, not by {text!r}")
