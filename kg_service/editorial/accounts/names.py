"""Names of accounts: they stand in addresses, in the log of changes, and beside what was signed off."""

from __future__ import annotations

import re

from ...core.errors import RequestInvalid

MAX_LENGTH = 64
# No two of them look alike, and none needs escaping in an address.
PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$"
_NAME = re.compile(PATTERN[:-1] + r"\Z")


def is_name(text: str) -> bool:
    return _NAME.match(text) is not None


def checked_name(text: str) -> str:
    """
    Raises:
        RequestInvalid: it cannot be the name of an account.
    """
    if not is_name(text):
        raise RequestInvalid(
            f"a name has up to {MAX_LENGTH} letters (a to z), digits and . _ @ + -, and begins with a letter or digit"
        )
    return text
