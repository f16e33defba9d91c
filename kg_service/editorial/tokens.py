"""Where `timestamp` and `issue_token` were at first."""

from __future__ import annotations

from .accounts.secret import hash_secret as hash_token
from .accounts.tokens import issue_token
from .times import timestamp

__all__ = ["hash_token", "issue_token", "timestamp"]
