"""Getting the JSON object out of what a model said: fences, thoughts, talk around it, slips of syntax, a cut end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_COMMA = re.compile(r",(?=\s*[}\]])")
_STEPS = "steps"


def salvage(text: str) -> dict[str, Any] | None:
    """The first JSON object with steps in a text, or None. Of a cut one, its whole steps."""
    spoken = _THOUGHT.sub(" ", text)
    spoken = spoken.rpartition("</think>")[2]  # some servers cut the opening tag off
    for mended in _mended(spoken):
        for start in (match.start() for match in re.finditer(r"\{", mended)):
            try:
                found, _ = json.JSONDecoder(strict=False).raw_decode(mended, start)
            except ValueError:
                continue
            if isinstance(found, dict) and _STEPS in found:
                return found
    return _cut(spoken)


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
    except ValueError:
        return None
    return found if _STEPS in found else None
