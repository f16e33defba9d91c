"""The `[model]` table of a configuration: which endpoint, at what price, under which limits."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from kg_service.job import endpoint_address

from ..part import Part


class ModelSettings(Part):
    """An OpenAI-compatible endpoint. The key is read from the environment variable `key_env`, never from a file.

    What is asked: `name` is the model; an empty `base_url` means OpenAI's own. `sees`: images are sent, scaled down to
    `max_pixels`. `structured` is how the shape of the reply is asked for: by a strict JSON schema, by JSON mode with
    the schema in the prompt, or in the prompt alone, for servers that know less. `tokens_field` is the name the server
    knows the reply's limit by; `omit` leaves fields out of the request (some models refuse `temperature`) and `extra`
    adds some. `show_answer` tells the writer the diagnosis, and the rows say so.

    How fast: at most `concurrency` requests at once, fewer while the endpoint complains; requests and tokens per
    minute, 0 for no limit. A request is given up after `timeout` seconds and `retries` repetitions, the first after
    `backoff` seconds, none later than `longest_wait`. When more than `breaker` of the last `breaker_window` answers
    were errors, the job ends.

    What it costs: prices per million tokens, for prompt tokens, those the endpoint had cached, and reply tokens.
    `max_cost` and `max_tokens_total` bound a run directory over all its runs, 0 for no limit.
    """

    base_url: str = ""
    name: str = ""
    key_env: str = "OPENAI_API_KEY"
    mode: Literal["live", "batch"] = "live"
    sees: bool = True
    max_pixels: int = Field(default=768 * 768, ge=28 * 28)
    temperature: float = Field(default=0.2, ge=0, le=2)
    max_tokens: int = Field(default=1200, ge=16)
    structured: Literal["strict", "json_object", "none"] = "strict"
    tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    omit: tuple[str, ...] = ()
    extra: dict[str, Any] = Field(default_factory=dict)
    show_answer: bool = False

    concurrency: int = Field(default=16, ge=1, le=1000)
    requests_per_minute: int = Field(default=0, ge=0)
    tokens_per_minute: int = Field(default=0, ge=0)
    timeout: float = Field(default=120.0, gt=0)
    retries: int = Field(default=8, ge=0)
    backoff: float = Field(default=1.0, ge=0)
    longest_wait: float = Field(default=60.0, ge=0)
    breaker: float = Field(default=0.5, gt=0, le=1)
    breaker_window: int = Field(default=40, ge=4)

    price_in: float = Field(default=0.0, ge=0)
    price_out: float = Field(default=0.0, ge=0)
    price_cached: float = Field(default=0.0, ge=0)
    max_cost: float = Field(default=0.0, ge=0)
    max_tokens_total: int = Field(default=0, ge=0)

    @field_validator("base_url")
    @classmethod
    def _address(cls, url: str) -> str:
        return endpoint_address(url)

    def price(self, tokens_in: int, tokens_out: int, tokens_cached: int = 0) -> float:
        """What a reply costs. `tokens_cached` of the `tokens_in` come at their own price."""
        fresh = tokens_in - tokens_cached
        return (fresh * self.price_in + tokens_cached * self.price_cached + tokens_out * self.price_out) / 1e6
