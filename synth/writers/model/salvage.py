"""Getting the JSON object out of what a model said: fences, thoughts, talk around it, slips of syntax, a cut end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from ...model.said import spoken

_COMMA = re.compile(r",(?=\s*[}\]])")
_STEPS = "steps"
_BRACES = 1000  # at which an object may begin


def salvage(text: str) -> dict[str, Any] | None:
    """The first JSON object with steps in a text, or None. Of a cut one, its whole steps."""
    said = spoken(text)
    for mended in _mended(said):
        for start in (match.start() for match in islice(re.finditer(r"\{", mended), _BRACES)):
            try:
                found, _ = json.JSONDecoder(strict=False).raw_decode(mended, start)
            except ValueError:
                continue
            except RecursionError:
                return None
            if isinstance(found, dict) and _STEPS in found:
                return found
    return _cut(said)


def _mended(text: str) -> Iterator[str]:
    """The text, and the text with ever more of the usual slips put right."""
    repairs: tuple[Callable[[str], str], ...] = (
        str,
        lambda text: _COMMA.sub("", text),
        lambda text: _COMMA.sub("", _straight(text)),
    )
    yield from dict.fromkeys(repair(text) for repair in repairs)


def _straight(text: str) -> str:
    """Curly quotation marks that delimit keys and values, made straight; those inside a text stay."""
    return re.sub(r"(?<=[{\[,:\s])[“”]|[“”](?=\s*[:,}\]])", '"', text)


def _cut(text: str) -> dict[str, Any] | None:
    """What stands before the cut: the object up to its last whole step."""
    start = text.find("{")
    if start < 0:
        return None
    open_, quoted, escaped, end = [], False, False, 0
    for place, mark in enumerate(text[start:], start):
        if quoted:
            quoted, escaped = escaped or mark != '"', mark == "\\" and not escaped
        elif mark == '"':
            quoted = True
        elif mark in "{[":
            open_.append(mark)
        elif mark in "}]" and open_:
            open_.pop()
            if mark == "}" and open_ == ["{", "["]:
                end = place + 1
    if not end:
        return None
    try:
        found = json.loads(_COMMA.sub("", text[start:end]) + "]}", strict=False)
    except (ValueError, RecursionError):
        return None
    return found if _STEPS in found else None
