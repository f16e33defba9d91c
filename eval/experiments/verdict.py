"""The verdict of an experiment: confirmed, refuted or open, by rules that are written before the numbers are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan
from typing import Any, Literal

from ..intervals import Spread, none

Side = Literal["above", "below"]


class Word(StrEnum):
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class BySeed:
    """The statistic in one seed."""

    seed: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an experiment has to say.

    `claim` is a sentence that holds where the word is "confirmed". `statistic` says what `value` measures; `low` and
    `high` are its 95 % interval over all seeds; `detectable` the smallest true value that this experiment finds with a
    power of 80 % (NaN where nobody can say). `notes` are what the value must not be taken for.
    """

    word: Word
    claim: str
    statistic: str
    value: float
    low: float
    high: float
    detectable: float = float("nan")
    by_seed: tuple[BySeed, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict in words, for the top of a report."""
        span = f"{self.statistic}: {signed(self.value)}, 95 % interval {signed(self.low)} to {signed(self.high)}"
        seeds = f" over {len(self.by_seed)} seeds" if len(self.by_seed) > 1 else ""
        return f"{self.word.value.capitalize()}: {self.claim} ({span}{seeds})."

    def as_json(self) -> dict[str, Any]:
        """For `verdict.json`; what is not a number is null."""
        return {
            "verdict": self.word.value,
            "claim": self.claim,
            "statistic": self.statistic,
            "value": none(self.value),
            "ci": [none(self.low), none(self.high)],
            "detectable": none(self.detectable),
            "by_seed": [
                {"seed": row.seed, "value": none(row.value), "ci": [none(row.low), none(row.high)]}
                for row in self.by_seed
            ],
            "notes": list(self.notes),
        }


def decide(by_seed: Sequence[Spread], *, side: Side = "above", than: float = 0.0) -> Word:
    """Confirmed where the interval of every seed lies on the claimed side of `than`, refuted where that of every seed
    lies on the other; anything else, and an interval that is not a number, is open.
    """
    if not by_seed:
        return Word.INCONCLUSIVE
    if all(spread.low > than for spread in by_seed):
        return Word.CONFIRMED if side == "above" else Word.REFUTED
    if all(spread.high < than for spread in by_seed):
        return Word.REFUTED if side == "above" else Word.CONFIRMED
    return Word.INCONCLUSIVE


def signed(value: float) -> str:
    """Three decimals with their sign; a dash for what is not a number."""
    return "–" if isnan(value) else f"{value:+.3f}"


def by_seed(seeds: Sequence[int], spreads: Sequence[Spread]) -> tuple[BySeed, ...]:
    """One row a seed."""
    return tuple(BySeed(seed, s.value, s.low, s.high) for seed, s in zip(seeds, spreads, strict=True))
