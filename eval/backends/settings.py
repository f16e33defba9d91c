"""The `[model]` table: which back-end answers, and how it is reached."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kg_service.job import endpoint_address

from .backend import Backend


class ModelSource(BaseModel):
    """What to ask.

    `backend = "checkpoint"`: `path` is a checkpoint folder or hub name, `adapter` a LoRA folder on top, merged into the
    weights or not, in `dtype` on `device`.

    `backend = "openai"`: a server that speaks OpenAI's chat completions (vLLM, SGLang, llama.cpp, OpenAI). `base_url`
    ends with `/v1`, `name` is the model or adapter as the server calls it, the key is in the environment variable
    `key_env` (none is fine where the server wants none). `concurrency` calls at once; a call is given `timeout` seconds
    and repeated `retries` times with growing pauses, or those that the server names. `extra` goes into every request.

    `max_pixels` shows larger images scaled down; without it each back-end sees the file as it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: Literal["checkpoint", "openai"] = "checkpoint"
    max_pixels: int | None = Field(default=None, ge=1)

    path: str = ""
    adapter: str = ""
    merge: bool = False
    dtype: str = "float32"
    device: str = "auto"

    base_url: str = ""
    name: str = ""
    key_env: str = "OPENAI_API_KEY"
    concurrency: int = Field(default=16, ge=1, le=1000)
    timeout: float = Field(default=300.0, gt=0)
    retries: int = Field(default=6, ge=0)
    tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    extra: dict[str, Any] = Field(default_factory=dict)

    @field_validator("base_url")
    @classmethod
    def _address(cls, url: str) -> str:
        return endpoint_address(url)

    @model_validator(mode="after")
    def _whole(self) -> ModelSource:
        if self.backend == "openai" and not (self.base_url and self.name):
            raise ValueError('backend "openai" needs base_url and name')
        return self


def open_backend(source: ModelSource, *, threads: int = 1) -> Backend:
    """The back-end that a configuration names, ready to answer.

    Raises:
        ConfigInvalid: the checkpoint cannot be loaded, or the server does not serve the model.
        ModelUnavailable: the server does not answer.
    """
    if source.backend == "openai":
        from .openai import OpenAIBackend

        return OpenAIBackend(source)
    from .checkpoint import CheckpointBackend

    return CheckpointBackend(source, threads=threads)
