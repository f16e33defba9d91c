"""One thing the doctor looked at, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from kg_service.core.errors import SkinR1Error

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`warn` may be left as it is; `fail` would stop the stage or spoil it."""

    what: str
    state: State
    says: str


def told(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of a check. What it raises on purpose, as the stage itself would, is one that fails."""
    try:
        yield from check()
    except SkinR1Error as error:
        yield Finding(what, "fail", f"{error} ({error.code})")
