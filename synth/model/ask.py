"""What is asked of a model, what comes back, and how asking can end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg_service.core.errors import SkinR1Error


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. Equal asks to the same model are one request: the second is answered from the cache.

    `schema` is a JSON schema that the reply must follow; `image` a file shown to a model that sees. `salt` tells apart
    asks that are meant to be answered anew (another attempt).
    """

    system: str
    user: str
    schema_name: str = ""
    schema: Mapping[str, Any] | None = None
    image: Path | None = None
    salt: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's words.

    `finish` is the API's finish reason ("stop" is the good one), or "refusal" where the model declined and `text` says
    how; `request` the hash that names it in the cache; `cost` what it cost when it was asked, in the currency of the
    price list. `cached`: nothing was asked this time.
    """

    text: str
    finish: str
    request: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    cached: bool = False


class ModelFailed(SkinR1Error):
    """A request got no usable answer after all retries. A value for the row that asked, never the end of a job."""

    code = "model-failed"


class Deferred(SkinR1Error):
    """The request waits in a batch file; its answer will be in the cache of a later run. `request` is its hash."""

    code = "model-deferred"

    def __init__(self, message: str, request: str = "") -> None:
        super().__init__(message)
        self.request = request


class BudgetSpent(SkinR1Error):
    """The next request could cost more than the budget holds. It ends the job; a higher budget continues it."""

    code = "budget-spent"


class EndpointBroken(SkinR1Error):
    """The endpoint refuses the key, or fails too often. It ends the job; the same command continues it."""

    code = "endpoint-broken"
