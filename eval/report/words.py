"""What a comparison says in words: the verdict of every pair, and what the numbers must not be taken for."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from ..headline import METRICS
from ..prediction import Look, Task
from .comparison import Comparison, Pair
from .part import View

_SILENT, _BROKEN = 0.05, 0.05


def verdicts(view: View) -> list[str]:
    """One sentence for each pair; without pairs, one about the last model."""
    comparison = view.comparison
    if not view.answering:
        return []
    if comparison.pairs:
        return [_verdict(comparison, pair, view) for pair in comparison.pairs]
    found = comparison.metrics[view.last][comparison.primary]
    span = "" if isnan(found.low) else f", 95 % interval {found.low:.3f} to {found.high:.3f}"
    return [
        f"{view.labels[view.last]}: {_noun(comparison)} {found.value:.3f}{span}. Nothing to compare with was named."
    ]


def _noun(comparison: Comparison) -> str:
    return METRICS.get(comparison.primary, comparison.primary.replace("_", " "))


def _verdict(comparison: Comparison, pair: Pair, view: View) -> str:
    a, b = view.labels[pair.a], view.labels[pair.b]
    difference = pair.differences[comparison.primary]
    left, right = (comparison.metrics[name][comparison.primary].value for name in (pair.a, pair.b))
    noun = _noun(comparison)
    span = f"difference {difference.value:+.3f}, 95 % interval {difference.low:+.3f} to {difference.high:+.3f}"
    if isnan(difference.low):
        return f"{a} and {b} cannot be compared in {noun}: fewer than two patients or lesions were scored."
    if difference.verdict == "open":
        return (
            f"No difference found between {a} and {b}: {noun} {left:.3f} against {right:.3f} ({span}; "
            f"a true difference of {difference.detectable:.3f} would have been found four times in five)."
        )
    word = "better" if difference.verdict == "higher" else "worse"
    return f"{a} is {word} than {b}: {noun} {left:.3f} against {right:.3f} ({span})."


def caveats(view: View) -> list[str]:
    """Derived from the numbers themselves."""
    return [*_tied(view), *_commitment(view), *_silent(view), *_broken(view), *_blind(view), *_unseeing(view)]


def _tied(view: View) -> Iterator[str]:
    if view.overlap and view.overlap["tied"]:
        yield (
            f"{view.overlap['tied']} of {view.overlap['test']} evaluation cases share an image, a patient or a lesion "
            "with training data, so these figures are not about new patients alone (see Data)."
        )


def _commitment(view: View) -> Iterator[str]:
    for pair in view.comparison.pairs:
        exact, coarse = pair.differences["exact"], pair.differences.get("right_to_level_2")
        if coarse and exact.low > 0.05 and abs(coarse.value) < 0.5 * exact.value:
            yield (
                f"Most of what {view.labels[pair.a]} gains over {view.labels[pair.b]} in exact answers "
                f"({exact.value:+.3f}) is commitment to the specific disease, not better sight: right to level 2 it "
                f"gains {coarse.value:+.3f}."
            )


def _silence(view: View) -> list[str]:
    metrics = view.comparison.metrics
    return [n for n in view.comparison.models if n in view.answering and metrics[n]["format_rate"].value < _SILENT]


def _silent(view: View) -> Iterator[str]:
    if names := _silence(view):
        yield (
            f"{' and '.join(view.labels[name] for name in names)}: nearly no reply is in the answer's format, so every "
            "metric is near 0. Without a well-formed reply in a group there is no reward to learn from."
        )


def _broken(view: View) -> Iterator[str]:
    for name in view.answering:
        rate = view.comparison.metrics[name]["degenerate_rate"].value
        if name in view.comparison.models and rate > _BROKEN:
            yield (
                f"{view.labels[name]}: {rate:.0%} of the replies are empty, cut or caught in a loop, so this run says "
                "as much about how it was run as about the model."
            )


def _blind(view: View) -> Iterator[str]:
    """Models that are not clearly above the best baseline."""
    comparison = view.comparison
    best = max((comparison.metrics[n]["balanced_accuracy"].value for n in comparison.baselines), default=None)
    silent = _silence(view)
    for name in comparison.models:
        interval = comparison.metrics[name]["balanced_accuracy"]
        if best is not None and name not in silent and interval.low <= best:
            yield (
                f"{view.labels[name]} is not clearly above the best baseline in balanced accuracy "
                f"({interval.value:.3f} against {best:.3f})."
            )


def _unseeing(view: View) -> Iterator[str]:
    """Models that answer as well without the image."""
    silent = _silence(view)
    for name, every in view.each(lambda extras: extras.reliance).items():
        if name not in view.comparison.models or name in silent:
            continue
        for one in every:
            for look in one.looks:
                gained = look.right_gained
                if one.task is Task.DIAGNOSIS and look.look is Look.BLANK and gained.verdict != "higher":
                    yield (
                        f"{view.labels[name]} is not found to do better with the image than with a blank in its place "
                        f"({one.right.value:.3f} against {look.right.value:.3f} right): it may not look."
                    )
