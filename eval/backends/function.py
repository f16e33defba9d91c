"""The back-end of baselines and tests: a Python function."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..prediction import Reply, Request, Sampling


class FunctionBackend:
    """A Python function from a request to the text of a reply.

    Args:
        answer: pure: the same request must give the same text.
        fingerprint: names the function and everything it was fitted on.
    """

    def __init__(self, answer: Callable[[Request], str], fingerprint: str) -> None:
        self._answer = answer
        self._fingerprint = fingerprint

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Reply]:  # noqa: ARG002
        return [Reply(self._answer(request)) for request in requests]
