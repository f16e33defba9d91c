"""Names of accounts: they stand in addresses, in the log of changes, and beside what was signed off."""

from __future__ import annotations

import re

from ...core.errors import RequestInvalid
from ...wire.accounts import NAME


def is_name(text: str) -> bool:
    """Whether an account may be called so."""
    return re.fullmatch(NAME, text) is not None


def checked_name(text: str) -> str:
    """
    Raises:
        RequestInvalid: it cannot be the name of an account.
    """
    if not is_name(text):
        raise RequestInvalid(
            "a name has up to 64 letters (a to z), digits and . _ @ + -, and begins with a letter or digit"
        )
    return text
