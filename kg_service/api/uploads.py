"""The one file that a request carries: as its body, or as the part `file` of a form, which may hold more."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from ..core.errors import RequestInvalid
from .dependencies import bounded_body

if TYPE_CHECKING:
    from ..exchange.reading import Upload

_FORM = "multipart/form-data"
_PART = "file"
_LONGEST_NAME = 80


async def upload(request: Request, most: int, name: str) -> Upload:
    """The file, held in memory.

    Args:
        most: how many bytes the body may have.
        name: what to call a file that brings no name of its own.

    Raises:
        RequestTooLarge: it has more.
        RequestInvalid: it is empty, or a form without such a part.
    """
    from ..exchange.reading import Upload

    payload = await bounded_body(request, most)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        part = _part(await _form(request, payload))
        payload = await part.read()
        name = _plain(part.filename or "") or name
    if not payload:
        raise RequestInvalid(f"the body is empty; send the file's bytes, or a form with the part {_PART!r}")
    return Upload(name, payload)


async def upload_form(request: Request, most: int) -> tuple[FormData, Upload]:
    """A form that a person filled in, and the file in it.

    Args:
        most: how many bytes the body may have.

    Raises:
        RequestTooLarge: it has more.
        RequestInvalid: no file was chosen, it is empty, or the form cannot be read.
    """
    from ..exchange.reading import Upload

    form = await _form(request, await bounded_body(request, most))
    part = _part(form)
    name, payload = _plain(part.filename or ""), await part.read()
    if not name:
        raise RequestInvalid("choose a file first")
    if not payload:
        raise RequestInvalid(f"{name} is empty; choose another file")
    return form, Upload(name, payload)


async def _form(request: Request, payload: bytes) -> FormData:
    from starlette.formparsers import MultiPartException, MultiPartParser

    async def stream() -> AsyncGenerator[bytes, None]:
        yield payload

    try:
        return await MultiPartParser(request.headers, stream(), max_files=1, max_fields=20).parse()
    except (MultiPartException, UnicodeError, KeyError) as error:
        raise RequestInvalid(f"this form cannot be read ({error}); it takes one part {_PART!r}") from error


def _part(form: FormData) -> UploadFile:
    part = form.get(_PART)
    if not isinstance(part, UploadFile):
        raise RequestInvalid(f"the form has no part {_PART!r} that is a file")
    return part


def _plain(name: str) -> str:
    """A file's own name without folders and odd signs: findings begin with it."""
    return "".join(sign for sign in PurePath(name.replace("\\", "/")).name if sign.isprintable())[:_LONGEST_NAME]


def takes_file(most: int) -> dict[str, Any]:
    """The OpenAPI description of a body that `upload` reads. Other media types are taken, too; bytes are bytes."""
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {_PART: binary}, "required": [_PART]}
    return {
        "requestBody": {
            "required": True,
            "description": f"the bytes of one file, at most {most >> 20} MiB",
            "content": {"application/octet-stream": {"schema": binary}, _FORM: {"schema": form}},
        }
    }
