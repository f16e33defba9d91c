"""What a failed call means: ask again, ask again later, give this request up, or stop the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum


class Way(StrEnum):
    """How to go on after a failed call."""

    AGAIN = "again"  # a passing fault of the server or the line
    SLOWER = "slower"  # the server has too much to do
    NEVER = "never"  # this request will always fail
    STOP = "stop"  # every request will fail


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failed call: how to go on, why, and the seconds the server asked to wait (0 where it asked for nothing)."""

    way: Way
    reason: str
    pause: float = 0.0


def of(error: Exception, now: datetime) -> Trouble:
    """What an exception of `openai` means. `now` is what a date in Retry-After is compared with."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, APITimeoutError | TimeoutError):
        return Trouble(Way.SLOWER, "no answer in time")
    if isinstance(error, APIConnectionError):
        return Trouble(Way.AGAIN, f"the connection failed: {error.__cause__ or error}")
    if not isinstance(error, APIStatusError):
        return Trouble(Way.AGAIN, f"the answer is not what the API promises: {error}"[:300])
    status, reason = error.status_code, f"HTTP {error.status_code}: {str(error)[:300]}"
    if status < 400:
        return Trouble(Way.STOP, f"HTTP {status}: it sends us elsewhere, and pictures go nowhere unasked")
    if status in (401, 403):
        return Trouble(Way.STOP, reason)
    if status == 429 and error.code == "insufficient_quota":
        return Trouble(Way.STOP, reason)
    if status in (429, 503):
        return Trouble(Way.SLOWER, reason, pause(error.response.headers, now))
    if status >= 500 or status in (408, 409, 425):
        return Trouble(Way.AGAIN, reason, pause(error.response.headers, now))
    return Trouble(Way.NEVER, reason)


def pause(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait by a Retry-After header, in seconds or as a date (RFC 9110, 10.2.3); 0 without one."""
    said = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())
