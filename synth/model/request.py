"""From an ask to the body of a chat completion and its hash, and from the body that comes back to words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kg_service.core.release import digest_of

from .ask import Ask
from .picture import Pictures
from .settings import ModelSettings

URL = "/v1/chat/completions"
_MOST_TOKENS = 10**9  # of one answer
_CHARACTERS_PER_TOKEN = 4  # of English; an estimate, before a tokenizer has seen it


@dataclass(frozen=True, slots=True)
class Words:
    """What a completion says, and the tokens it took. `cached` of the `tokens_in` came from the endpoint's cache."""

    text: str
    finish: str
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0


class Requests:
    """Builds requests for one model. Live calls and batch files carry the same bodies."""

    def __init__(self, settings: ModelSettings) -> None:
        self.settings = settings
        self.pictures = Pictures(settings.max_pixels)

    def hash(self, ask: Ask) -> str:
        """`sha256:` of all that the answer depends on. The address of the server is not part of it.

        Raises:
            ImageUnreadable: the image is missing.
        """
        picture = self.pictures.name(ask.image) if self._shown(ask) and ask.image else ""
        canonical = json.dumps([self._body(ask, picture), ask.salt], sort_keys=True, ensure_ascii=False)
        return digest_of(canonical.encode())

    def body(self, ask: Ask) -> dict[str, Any]:
        """The JSON body of the call, the image in it.

        Raises:
            ImageUnreadable: the image is missing or no image.
        """
        return self._body(ask, self.pictures.url(ask.image) if self._shown(ask) and ask.image else "")

    def tokens(self, ask: Ask) -> int:
        """About how many prompt tokens it has: an estimate from characters and pixels."""
        schema = len(json.dumps(ask.schema)) if ask.schema else 0
        words = (len(ask.system) + len(ask.user) + schema) // _CHARACTERS_PER_TOKEN
        return words + (self.pictures.tokens if self._shown(ask) else 0)

    def _shown(self, ask: Ask) -> bool:
        return self.settings.sees and ask.image is not None

    def _body(self, ask: Ask, picture: str) -> dict[str, Any]:
        settings = self.settings
        system, content = ask.system, ask.user
        if ask.schema is not None and settings.structured != "strict":
            system += f"\n\nThe reply is one JSON object that follows this JSON schema:\n{json.dumps(ask.schema)}"
        parts = [{"type": "text", "text": content}, {"type": "image_url", "image_url": {"url": picture}}]
        body: dict[str, Any] = {
            "model": settings.name,
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": parts if picture else content},
            ],
            "temperature": settings.temperature,
            settings.tokens_field: settings.max_tokens,
        }
        if ask.schema is not None and settings.structured == "strict":
            schema = {"name": ask.schema_name or "reply", "strict": True, "schema": ask.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif ask.schema is not None and settings.structured == "json_object":
            body["response_format"] = {"type": "json_object"}
        return {key: value for key, value in {**body, **settings.extra}.items() if key not in settings.omit}


def read(body: object) -> Words | str:
    """The words of a chat completion, or what is wrong with it."""
    if not isinstance(body, Mapping):
        return "the answer is no JSON object"
    if body.get("error"):
        return f"the answer is an error: {writable(body['error'])[:200]}"
    try:
        choice = body["choices"][0]
        message = choice["message"]
        usage = body.get("usage") or {}
        details = usage.get("prompt_tokens_details") or {}
        refusal = message.get("refusal")
        return Words(
            text=writable(refusal or _content(message.get("content"))),
            finish="refusal" if refusal else writable(choice.get("finish_reason") or "stop"),
            tokens_in=(tokens_in := _counted(usage.get("prompt_tokens"))),
            tokens_out=_counted(usage.get("completion_tokens")),
            tokens_cached=min(_counted(details.get("cached_tokens")), tokens_in),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return "the answer has no choice with a message"


def writable(said: object) -> str:
    """What a server said as a text that can be written: JSON can bring half of a character, UTF-8 cannot hold it."""
    return str(said).encode(errors="surrogatepass").decode(errors="replace")


def _content(said: object) -> object:
    """The words of a message; some servers cut them into parts."""
    if isinstance(said, list):
        return "".join(part["text"] for part in said if isinstance(part, Mapping) and part.get("type") == "text")
    return said or ""


def _counted(said: object) -> int:
    """A number of tokens; 0 for what cannot be one, or a server could fill the purse or overflow it."""
    return int(said) if isinstance(said, int | float) and 0 <= said <= _MOST_TOKENS else 0
