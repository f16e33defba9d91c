"""What a judge said of one row, and what it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

RECOVER = "RECOVER"
GRADES = ("JUDGE_SUPPORT", "JUDGE_STYLE", "JUDGE_SAFETY")
CODES = (RECOVER, *GRADES)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One verdict on one row. `passed` is None where no usable answer came; `grade` is 1 to 5, 0 for RECOVER.

    `request` names the answer in the cache of the run; tokens and cost are of the request, which may have been shared.
    """

    row: str
    code: str
    passed: bool | None
    detail: str = ""
    grade: int = 0
    request: str = ""
    tokens: int = 0
    cost: float = 0.0


def failed(verdicts: Iterable[Judgement]) -> tuple[str, ...]:
    """The codes that flag a row. An answer that did not come flags nothing."""
    return tuple(sorted({verdict.code for verdict in verdicts if verdict.passed is False}))


def counted(verdicts: Iterable[Judgement]) -> dict[str, dict[str, float]]:
    """By code: how many rows were asked about, failed and got no answer, and the mean grade where grades are given."""
    asked: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    grades: Counter[str] = Counter()
    for verdict in verdicts:
        asked[verdict.code] += 1
        bad[verdict.code] += verdict.passed is False
        silent[verdict.code] += verdict.passed is None
        grades[verdict.code] += verdict.grade
    found: dict[str, dict[str, float]] = {}
    for code in sorted(asked):
        found[code] = {"asked": asked[code], "failed": bad[code], "unanswered": silent[code]}
        if grades[code]:
            found[code]["mean_grade"] = round(grades[code] / (asked[code] - silent[code]), 3)
    return found
