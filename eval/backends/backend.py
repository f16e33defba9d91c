"""What the engine asks of a back-end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from kg_service.core.errors import SkinR1Error

from ..prediction import Reply, Request, Sampling


class ModelUnavailable(SkinR1Error):
    """A server does not answer, or not all questions. What it answered is kept; the same command asks for the rest."""

    code = "model-unavailable"


class Backend(Protocol):
    """Something that answers. `fingerprint` names everything about it that could change an answer."""

    @property
    def fingerprint(self) -> str: ...

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Reply]:
        """One reply for each request, in order."""
        ...


@runtime_checkable
class Streaming(Backend, Protocol):
    """A back-end that has many questions under way at once and gives each reply as it comes."""

    def stream(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[tuple[int, Reply]]:
        """(place of the request, its reply), in any order.

        Raises:
            ModelUnavailable: some could not be answered; raised after all the others were.
        """
        ...
