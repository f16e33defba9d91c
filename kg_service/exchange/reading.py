"""Take in a file somebody sent: its text, or an error that says what is wrong with it and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ..core.errors import ConfigInvalid, KnowledgeInvalid

# The largest disease ontologies stay below a quarter of this; a file beyond it is a mistake or an attack.
LARGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that lies on no disk here. `name` is what its findings call it."""

    name: str
    payload: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.name


Source: TypeAlias = Path | Upload


def payload_of(source: Source) -> bytes:
    """The whole file.

    Raises:
        ConfigInvalid: there is no such file, it cannot be opened, or it is larger than `LARGEST`.
    """
    if isinstance(source, Upload):
        return source.payload
    try:
        if source.stat().st_size > LARGEST:
            raise ConfigInvalid(f"{source} is larger than {LARGEST // 1024**2} MiB; divide it, or name the right file")
        return source.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"{source} cannot be read ({error.strerror}); name a file that exists") from error


def text_of(source: Source) -> str:
    """The whole file as text, without a byte order mark; line ends as they stand.

    Raises:
        ConfigInvalid: see `payload_of`.
        KnowledgeInvalid: it is not UTF-8 text, or holds NUL bytes.
    """
    payload = payload_of(source)
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = payload[: error.start].count(b"\n") + 1
        raise KnowledgeInvalid(
            "this file is not UTF-8 text; save it as UTF-8:", (f"{source}, line {line}: not UTF-8 text",)
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise KnowledgeInvalid("this file is not text:", (f"{source}, line {line}: a NUL byte",))
    return text


def nothing_in(source: Source, what: str) -> KnowledgeInvalid:
    """The error for a file that is well-formed and says nothing."""
    return KnowledgeInvalid("there is nothing to read in this file:", (f"{source}: it holds no {what}",))
