"""What jobs offer to the service's reviewers: proposals that are made once, however often the job runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from ..core.change import Change
from ..core.errors import KnowledgeUnavailable
from ..wire.changes import change_rows
from .http import Connection

_PAGE = 500
Answer = TypeVar("Answer")


class Proposing:
    """Puts proposals up for review at one service. A proposal never alters a release; people accept or decline it.

    Args:
        url: the service's address, without `/v1`.
        token: the bearer token of an editor.
    """

    def __init__(self, url: str, token: str) -> None:
        self._connection = Connection(url, token=token)
        self._messages: dict[int, str] | None = None

    def find(self, key: str) -> int | None:
        """The number of the proposal whose message holds this key, whatever was decided on it; None where none does.

        Raises:
            KnowledgeUnavailable: no answer after three attempts.
            Unauthenticated, Forbidden: the token is not good for reading proposals.
        """
        if self._messages is None:
            self._messages = dict(self._listed())
        return min((number for number, message in self._messages.items() if key in message), default=None)

    def propose(self, message: str, changes: Sequence[Change], *, key: str) -> int:
        """Make a proposal, or find the one that was made with this key.

        Args:
            message: why; it must hold the key.
            key: names this proposal among all there ever were.

        Returns:
            Its number.

        Raises:
            ValueError: the message does not hold the key.
            KnowledgeUnavailable: no answer, and no such proposal was found afterwards.
            Unauthenticated, Forbidden: the token is not that of an editor.
            SkinR1Error: the service refuses the changes, as the class it was there (`KnowledgeInvalid`, …).
        """
        if key not in message:
            raise ValueError("the message of a proposal must hold its key, or it cannot be found again")
        if (known := self.find(key)) is not None:
            return known
        body = {"message": message, "changes": change_rows(changes)}
        try:
            number = _told(self._connection.post_once("/proposals", body), lambda answer: int(answer["number"]))
        except KnowledgeUnavailable:
            self._messages = None  # the answer may have been lost on its way back
            if (made := self.find(key)) is None:
                raise
            return made
        assert self._messages is not None
        self._messages[number] = message
        return number

    def _listed(self) -> list[tuple[int, str]]:
        """(number, message) of every proposal."""
        found: list[tuple[int, str]] = []
        before: dict[str, int] = {}
        while True:
            items, after = _told(
                self._connection.get("/proposals", limit=_PAGE, **before),
                lambda page: ([(int(item["number"]), str(item["message"])) for item in page["items"]], page["next"]),
            )
            found += items
            if after is None:
                return found
            before = {"before": after}

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.close()


def _told(response: httpx.Response, read: Callable[[Any], Answer]) -> Answer:
    """What an answer says.

    Raises:
        KnowledgeUnavailable: it is not one of the knowledge service.
    """
    try:
        return read(response.json())
    except (ValueError, KeyError, TypeError) as error:
        raise KnowledgeUnavailable(
            f"{response.request.url} answers with something else than the knowledge service; is this its address?"
        ) from error
