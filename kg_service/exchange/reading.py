"""Open a file somebody sent: its text, or an error that says what is wrong with it and where."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import ConfigInvalid, KnowledgeInvalid

# The largest disease ontologies stay below a quarter of this; a file beyond it is a mistake or an attack.
LARGEST = 256 * 1024 * 1024


def text_of(path: Path) -> str:
    """The whole file as text, without a byte order mark; line ends as they stand.

    Raises:
        ConfigInvalid: there is no such file, it cannot be opened, or it is larger than `LARGEST`.
        KnowledgeInvalid: it is not UTF-8 text, or holds NUL bytes.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigInvalid(f"{path} is larger than {LARGEST // 1024**2} MiB; divide it, or name the right file")
        payload = path.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"{path} cannot be read ({error.strerror}); name a file that exists") from error
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = payload[: error.start].count(b"\n") + 1
        raise KnowledgeInvalid(
            "this file is not UTF-8 text; save it as UTF-8:", (f"{path}, line {line}: not UTF-8 text",)
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise KnowledgeInvalid("this file is not text:", (f"{path}, line {line}: a NUL byte",))
    return text


def nothing_in(path: Path, what: str) -> KnowledgeInvalid:
    """The error for a file that is well-formed and says nothing."""
    return KnowledgeInvalid("there is nothing to read in this file:", (f"{path}: it holds no {what}",))
