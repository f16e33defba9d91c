"""What forms hold: read from the request, and understood field by field."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.types import Message

from ..api.dependencies import bounded_body
from ..core.concept import Condition, Polarity
from ..core.errors import RequestInvalid

_Asked = TypeVar("_Asked", bound=BaseModel)

_MAX_BYTES = 2 << 20
_MAX_FIELDS = 5_000
_DIGITS = 9


async def _form(request: Request) -> FormData:
    body = await bounded_body(request, _MAX_BYTES)

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        return await Request(request.scope, again).form(max_fields=_MAX_FIELDS, max_part_size=_MAX_BYTES)
    except HTTPException as error:
        raise RequestInvalid(f"the form cannot be read: {error.detail}") from error


FormNow = Annotated[FormData, Depends(_form)]


# -- fields ------------------------------------------------------------------------------------------------------


def field(form: FormData, name: str) -> str:
    """One field without surrounding space; empty where it was not sent."""
    found = form.get(name)
    return found.strip() if isinstance(found, str) else ""


def fields(form: FormData, name: str) -> tuple[str, ...]:
    """All values of a field, empty ones left out."""
    return tuple(text for value in form.getlist(name) if isinstance(value, str) and (text := value.strip()))


def number_in(form: FormData, name: str, otherwise: str) -> int:
    """A field that holds a number which the page put there.

    Args:
        otherwise: what to say where it does not.

    Raises:
        RequestInvalid: it does not.
    """
    said = field(form, name)
    if not said.isdecimal() or len(said) > _DIGITS:
        raise RequestInvalid(otherwise)
    return int(said)


def plain(text: str) -> str:
    """A text as a browser sends it back: its lines end in one way, and no space stands around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def one_line(text: str) -> str:
    """A text with single spaces and no line breaks."""
    return " ".join(text.split())


def lines(text: str) -> tuple[str, ...]:
    """What is written one on each line, each once. Only line breaks part them: a label may hold rarer separators."""
    return tuple(dict.fromkeys(line for each in plain(text).split("\n") if (line := each.strip())))


def condition_of(text: str) -> Condition | None:
    """None for an empty text.

    Raises:
        RequestInvalid: it is no condition.
    """
    try:
        return Condition(text) if text else None
    except ValueError:
        raise RequestInvalid(f"“{text}” is none of the four conditions") from None


def polarity_of(text: str) -> Polarity | None:
    """None for an empty text.

    Raises:
        RequestInvalid: it is no polarity.
    """
    try:
        return Polarity(text) if text else None
    except ValueError:
        raise RequestInvalid("a feature is characteristic, present, variable or absent") from None


def understood(model: type[_Asked], otherwise: str = "", **given: object) -> _Asked:
    """Fields as the API's own model of the same request takes them.

    Args:
        otherwise: what to say where a field holds what it cannot; without it, what the model says of the first.

    Raises:
        RequestInvalid: a field holds what it cannot.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise RequestInvalid(otherwise or f"{first['loc'][0]}: {first['msg']}") from error
