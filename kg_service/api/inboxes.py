"""The inbox as routes and pages ask for it: one for all of them, and where a page of it begins."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError

from ..core.errors import RequestInvalid
from ..editorial.inbox.inbox import Inbox
from ..editorial.inbox.repository import LabelRow
from ..wire.changes import Label
from ..wire.unmapped import DatasetName, Images
from .dependencies import DeskNow

_PLACE = TypeAdapter(tuple[Images, DatasetName, Label])


async def _inbox(request: Request, desk: DeskNow) -> Inbox:
    state = request.app.state
    if not hasattr(state, "inbox"):
        state.inbox = Inbox(desk)
    return state.inbox


InboxNow = Annotated[Inbox, Depends(_inbox)]


def cursor_of(row: LabelRow) -> str:
    """The row after which the next page begins, for an address."""
    place = _PLACE.dump_json((row.images, row.dataset, row.label))
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def place_of(cursor: str | None) -> LabelRow | None:
    """
    Raises:
        RequestInvalid: it is no cursor.
    """
    if not cursor:
        return None
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        images, dataset, label = _PLACE.validate_json(place)
    except (ValidationError, ValueError, binascii.Error) as error:
        raise RequestInvalid("the cursor is not the `next` of a page") from error
    return LabelRow(dataset, label, images)
