"""Passwords: argon2id with the library's current parameters, and no rules about which characters they hold."""

from __future__ import annotations

import unicodedata

from ...core.errors import PasswordRefused

MIN_LENGTH = 10
MAX_LENGTH = 1_000


def check_new(password: str) -> None:
    """
    Raises:
        PasswordRefused: it is too short or too long to become one.
    """
    if len(password) < MIN_LENGTH:
        raise PasswordRefused(f"a password has at least {MIN_LENGTH} characters; a sentence is easy to remember")
    if len(password) > MAX_LENGTH:
        raise PasswordRefused(f"a password has at most {MAX_LENGTH} characters")


def hash_password(password: str) -> str:
    """What to keep of a password. Takes about a tenth of a second and 64 MiB, on purpose."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(_normal(password))


def is_password(password: str, hash_: str) -> bool:
    """Whether this is the password. An account without one takes as long to refuse as one with another password."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    given = _normal(password[:MAX_LENGTH])
    if not hash_:
        PasswordHasher().hash(given)
        return False
    try:
        return PasswordHasher().verify(hash_, given)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(hash_: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    from argon2 import PasswordHasher

    return PasswordHasher().check_needs_rehash(hash_)


def _normal(password: str) -> bytes:
    # Keyboards write the same accented letter in one code point or in two.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
