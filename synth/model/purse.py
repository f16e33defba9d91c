"""The budget of a run directory: what is spent, what the requests under way may still cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .ask import BudgetSpent
from .responses import Responses
from .settings import ModelSettings


@dataclass(frozen=True, slots=True)
class Need:
    """The most one request can take, as far as can be told before it is asked."""

    tokens: int
    cost: float


class Estimate(NamedTuple):
    """What a number of asks will take, roughly: tokens are counted as a quarter of the characters and by the pixels of
    the images, and replies by the length of those in the cache, or half of the longest allowed."""

    calls: int
    tokens: int
    cost: float


class Purse:
    """Lets a request go only while spent + under way + the request itself stay within the budget."""

    def __init__(self, settings: ModelSettings, responses: Responses) -> None:
        self._settings, self._responses = settings, responses
        self._tokens, self._cost = 0, 0.0

    def need(self, tokens_in: int) -> Need:
        most = self._settings.max_tokens
        return Need(tokens_in + most, self._settings.price(tokens_in, most))

    def fits(self, need: Need, *, ever: bool = True) -> bool:
        """Whether the request may go now; False where it has to wait for what others under way leave over.

        Args:
            ever: whether those under way will end in this run, as those in a batch file do not.

        Raises:
            BudgetSpent: it would not fit if it were the only one; or it does not fit now, and waiting is no use.
        """
        spent, settings = self._responses, self._settings
        tokens, cost = spent.tokens_in + spent.tokens_out + need.tokens, spent.cost + need.cost
        for name, most, alone, held in (
            ("max_cost", settings.max_cost, cost, self._cost),
            ("max_tokens_total", settings.max_tokens_total, tokens, self._tokens),
        ):
            if most and (alone > most or (not ever and alone + held > most)):
                raise BudgetSpent(
                    f"{spent.calls} answers have cost {spent.cost:.4f} and {spent.tokens_in + spent.tokens_out} "
                    f"tokens, and the next could go beyond model.{name} = {most}. Raise it and start the same command "
                    "again: nothing that was paid for is asked twice."
                )
            if most and alone + held > most:
                return False
        return True

    def hold(self, need: Need) -> None:
        self._tokens += need.tokens
        self._cost += need.cost

    def release(self, need: Need) -> None:
        self._tokens -= need.tokens
        self._cost -= need.cost
