"""How many requests may be under way: additive increase, multiplicative decrease, and the pauses a server asks for.

Pure: the time is an argument, in seconds of any steady clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

MINUTE = 60.0
START = 8.0  # requests at once, where nothing was learned before


@dataclass(frozen=True, slots=True)
class Slot:
    """A request under way. `epoch` counts the decreases before it started: the requests that were under way together
    tell of one overload, not of many."""

    epoch: int


class Limiter:
    """Concurrency that finds its own level (AIMD, as TCP does), and caps on requests and tokens per minute.

    Args:
        ceiling: most requests at once.
        start: requests at once to begin with; what an earlier run learned.
        per_minute: requests and tokens per minute, 0 for no cap.
    """

    def __init__(self, ceiling: int, start: float = START, per_minute: tuple[int, int] = (0, 0)) -> None:
        self.ceiling = ceiling
        self.limit = min(float(ceiling), max(1.0, start))
        self.busy = 0
        self._per_minute = per_minute
        self._epoch = 0
        self._good = 0
        self._full = False  # whether the limit was reached since it last changed: an unused limit proves nothing
        self._until = 0.0
        self._last: deque[tuple[float, int]] = deque()

    def wait(self, now: float, tokens: int) -> float:
        """Seconds until a request of this size may start: 0 at once, infinity until another one ends."""
        if self.busy >= int(self.limit):
            self._full = True
            return math.inf
        return max(0.0, self._until - now, self._spread(now, tokens))

    def _spread(self, now: float, tokens: int) -> float:
        """Seconds until the caps per minute allow it. A request larger than the cap goes when nothing else did."""
        while self._last and self._last[0][0] <= now - MINUTE:
            self._last.popleft()
        requests, size = self._per_minute
        if requests and len(self._last) >= requests:
            return self._last[0][0] + MINUTE - now
        if size:
            left = size - sum(count for _, count in self._last)
            for started, count in self._last:
                if left >= tokens:
                    break
                left += count
                if left >= tokens or left >= size:
                    return started + MINUTE - now
        return 0.0

    def start(self, now: float, tokens: int) -> Slot:
        """Take a place."""
        self.busy += 1
        if any(self._per_minute):
            self._last.append((now, tokens))
        return Slot(self._epoch)

    def done(self) -> None:
        """Give a place back, whatever came of it."""
        self.busy -= 1

    def good(self) -> None:
        """An answer came. After as many as the limit, with the limit in use, one more is tried."""
        self._good += 1
        if self._good >= self.limit and self._full:
            self.limit = min(float(self.ceiling), self.limit + 1)
            self._good, self._full = 0, False

    def overloaded(self, slot: Slot, now: float, pause: float = 0.0) -> None:
        """The server had too much: half as many, once for all that were under way together, and nothing for `pause`
        seconds."""
        self._until = max(self._until, now + pause)
        if slot.epoch == self._epoch:
            self._epoch += 1
            self.limit = max(1.0, self.limit / 2)
            self._good, self._full = 0, False


class Breaker:
    """Opens when too many of the last answers were errors.

    Args:
        window: answers looked at; fewer than half of it decide nothing.
        share: the share of errors above which it opens, in (0, 1].
    """

    def __init__(self, window: int, share: float) -> None:
        self._share = share
        self._last: deque[bool] = deque(maxlen=window)

    def note(self, fine: bool) -> bool:
        """Count one answer; whether the breaker is open now."""
        self._last.append(fine)
        assert self._last.maxlen is not None
        errors = self._last.count(False)
        # Never on a good answer: an endpoint that has just come back is not broken.
        return not fine and len(self._last) * 2 >= self._last.maxlen and errors >= self._share * len(self._last)
