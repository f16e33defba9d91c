"""Which answers go wrong, and how: drawn by the request and how often it was asked, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Iterable

from kg_service.core.errors import ConfigInvalid

from ..chance import number

KINDS = {
    "429": "too many requests, with Retry-After",
    "500": "an internal error",
    "503": "overloaded",
    "401": "the key is refused",
    "slow": "an answer that takes long",
    "dropped": "the connection ends in the middle of the answer",
    "truncated": 'half an object, finish reason "length"',
    "malformed": "broken JSON that ends by itself",
    "wrong-choice": "another disease than the facts speak for",
    "empty": "no words at all",
    "refusal": "the model declines",
}


class Faults:
    """Shares of kinds of fault, in [0, 1], together at most 1.

    Args:
        told: `KIND=SHARE` each.

    Raises:
        ConfigInvalid: a kind is not known, a share is no share, or they add up to more than 1.
    """

    def __init__(self, told: Iterable[str] = (), seed: int = 0) -> None:
        self.seed = seed
        self.shares: dict[str, float] = {}
        for word in told:
            kind, _, share = word.partition("=")
            try:
                self.shares[kind] = float(share)
            except ValueError:
                raise ConfigInvalid(f"{word!r}: write a fault as KIND=SHARE, for example 429=0.1") from None
            if kind not in KINDS:
                raise ConfigInvalid(f"no fault is called {kind!r}; there are {', '.join(KINDS)}")
            if not 0 <= self.shares[kind] <= 1:
                raise ConfigInvalid(f"{word!r}: a share lies between 0 and 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ConfigInvalid("the shares of all faults add up to more than 1")

    def draw(self, request: str, time: int) -> str:
        """The fault of this request when it is asked for the `time`-th time; empty for none."""
        drawn = number(self.seed, f"{request}/{time}") / 2**64
        for kind, share in self.shares.items():
            if drawn < share:
                return kind
            drawn -= share
        return ""
