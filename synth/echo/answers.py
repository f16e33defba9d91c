"""What the twin says: it reads the request as a model would, and works its answer out from the facts in it."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..chance import number
from .reasoning import Facts, reason

_PICTURE_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Said:
    """A request as it is understood: the shape asked for, the facts if the user's message is JSON, and the tokens."""

    name: str
    schema: Mapping[str, Any]
    facts: Mapping[str, Any]
    tokens: int


def said(body: Mapping[str, Any]) -> Said:
    """Read the body of a chat completion. A body that is none raises a KeyError, TypeError or ValueError."""
    words: list[str] = []
    pictures = 0
    for message in body["messages"]:
        content = message["content"]
        parts: list[dict[str, Any]] = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            if part["type"] == "text":
                words.append(part["text"])
            elif part["image_url"]["url"].startswith("data:image/"):
                pictures += 1
            else:
                raise ValueError("an image must be a data URL")
    form = (body.get("response_format") or {}).get("json_schema") or {}
    tokens = sum(map(len, words)) // 4 + pictures * _PICTURE_TOKENS
    return Said(str(form.get("name") or ""), form.get("schema") or {}, _object(words[-1]), tokens)


def reply(said: Said, seed: str, *, wrong: bool = False) -> str:
    """The words of the answer. `seed` chooses among the ways to say it; `wrong` takes the second best disease."""
    chance = random.Random(number(0, seed))
    if "task" in said.facts and "diseases" in said.facts:
        return json.dumps(reason(Facts(said.facts), chance, wrong=wrong), ensure_ascii=False)
    if isinstance(options := said.facts.get("options"), dict) and options:
        return json.dumps({"choice": _recovered(said.facts, options, chance)})
    if said.schema:
        return json.dumps(_filled(said.schema, chance), ensure_ascii=False)
    return json.dumps({"echo": True})


def _recovered(facts: Mapping[str, Any], options: Mapping[str, str], chance: random.Random) -> str:
    """One of the options that the reasoning does not name, for those that it names are what it speaks against."""
    text = str(facts.get("reasoning", "")).lower()
    left = [alias for alias, name in sorted(options.items()) if str(name).lower() not in text]
    return chance.choice(left or sorted(options))


def _filled(schema: Mapping[str, Any], chance: random.Random) -> Any:
    """Something of this shape: the highest grade, the empty list, one of the words allowed."""
    if "enum" in schema:
        numbers = [value for value in schema["enum"] if isinstance(value, int)]
        return max(numbers) if numbers else chance.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        return {name: _filled(part, chance) for name, part in schema.get("properties", {}).items()}
    if kind in ("integer", "number"):
        return schema.get("maximum", 5)
    return {"array": [], "boolean": True, "null": None}.get(str(kind), "The text follows from the facts.")


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
