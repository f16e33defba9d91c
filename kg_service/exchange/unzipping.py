"""Whether a workbook may be unpacked at all: judged by its directory, before a byte of it is parsed."""

from __future__ import annotations

import io
import zipfile

from ..core.errors import KnowledgeInvalid, RequestTooLarge

LARGEST_UNPACKED = 192 * 1024 * 1024  # 10,000 concepts with all their features are 45 MiB
MOST_PARTS = 1_000

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Excel wraps around a password, and .xls
_ENCRYPTED = 0x1


def check_archive(name: str, payload: bytes) -> None:
    """
    Raises:
        KnowledgeInvalid: it is no workbook of XLSX, or one under a password.
        RequestTooLarge: it would unpack to more than `LARGEST_UNPACKED` bytes or `MOST_PARTS` parts.
    """
    if payload.startswith(_COMPOUND):
        raise unreadable(name, "it is protected by a password, or of the old .xls kind; save it as plain .xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            parts = archive.infolist()
    except Exception as error:  # zipfile raises half a dozen kinds on damaged directories
        raise unreadable(name, "it is damaged, or no .xlsx at all") from error
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise unreadable(name, "it is protected by a password; save it without one")
    # Reading stops at the size that the directory states, so a size that lies cannot unpack to more.
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED or len(parts) > MOST_PARTS:
        raise RequestTooLarge(
            f"{name} unpacks to more than {LARGEST_UNPACKED >> 20} MiB or {MOST_PARTS} parts; divide it by branch"
        )


def unreadable(name: str, reason: str) -> KnowledgeInvalid:
    return KnowledgeInvalid("this workbook cannot be read:", (f"{name}: {reason}",))
