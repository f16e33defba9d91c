"""Sentences whose diseases and signs are links: the core's sentences, told with names that carry what they name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.content import Content
from ..core.knowledge import Knowledge
from ..core.naming import Naming, concept_name, feature_name

# Control characters that no text of the knowledge may hold.
_MARKED = re.compile("\x02([cf])([^\x1f\x03]*)\x1f([^\x03]*)\x03")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence: some text, or the name of the concept or feature with this id."""

    text: str
    concept: str = ""
    feature: str = ""


Pieces = tuple[Piece, ...]


def linking(*states: Knowledge | Content) -> Naming:
    """Names as the first state that knows an id has them, to be told apart by `pieces`."""
    return Naming(
        lambda id_: f"\x02c{id_}\x1f{concept_name(id_, *states)}\x03",
        lambda id_: f"\x02f{id_}\x1f{feature_name(id_, *states)}\x03",
    )


def pieces(sentence: str) -> Pieces:
    """A sentence told with `linking`, taken apart; it begins with a capital where it does not begin with a name."""
    found: list[Piece] = []
    end = 0
    for match in _MARKED.finditer(sentence):
        if match.start() > end:
            found.append(Piece(sentence[end : match.start()]))
        kind, id_, name = match.groups()
        found.append(Piece(name, concept=id_) if kind == "c" else Piece(name, feature=id_))
        end = match.end()
    if end < len(sentence):
        found.append(Piece(sentence[end:]))
    if found and not (found[0].concept or found[0].feature):
        found[0] = Piece(capitalised(found[0].text))
    return tuple(found)


def plain(sentence: str, most: int = 140) -> str:
    """A sentence for a title: short, and without links."""
    text = capitalised(_MARKED.sub(lambda match: f"'{match[3]}'", sentence))
    return text if len(text) <= most else text[: most - 1].rpartition(" ")[0].rstrip(" ,:;") + " …"


def capitalised(text: str) -> str:
    """A sentence with a capital, unless it begins with what is no word, such as the name of a file."""
    first = text.partition(" ")[0].rstrip(".,:;")
    return text[:1].upper() + text[1:] if "." not in first else text


def all_pieces(sentences: Sequence[str]) -> tuple[Pieces, ...]:
    return tuple(map(pieces, sentences))
