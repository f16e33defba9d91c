"""Real datasets -> cases: every label resolved, every image opened, near-duplicates joined, splits dealt out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid, ImageUnreadable, RecordInvalid
from kg_service.core.knowledge import Knowledge

from ..settings import SynthConfig
from .alike import Pair, find, joined
from .prints import Print, take_all
from .sources.found import Found, find_rows
from .sources.meaning import Signs, Unknown
from .sources.settings import chosen
from .splits import Member, settle


@dataclass(frozen=True, slots=True)
class Twins:
    """Two cases with alike images: one line of `alike.jsonl`. See `alike.Pair` for the measures.

    `conflict`: neither gold is the other or above it, so that one of the labels must be wrong. `own_splits` are the
    splits in which their datasets have them, empty where they state none.
    """

    a: str
    b: str
    identical: bool
    turned: bool
    distance: int
    likeness: float
    conflict: bool
    sources: tuple[str, str]
    labels: tuple[str, str]
    golds: tuple[str, str]
    own_splits: tuple[str, str]
    images: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The cases of all sources, the alike images among them, the labels that stand for nothing, and what was left out.

    `skipped` and `signs_left_out` map a reason, or a dataset's word for a sign, to how often.
    """

    cases: list[Case]
    twins: list[Twins]
    unknown: list[Unknown]
    skipped: Counter[str]
    signs_left_out: Counter[str]


def gather(config: SynthConfig, knowledge: Knowledge, run_dir: Path) -> Gathered:
    """Read every source. Into `run_dir` go only the images of datasets that come as one archive, and `prints.npz`.

    Raises:
        GoldUnresolved: labels that name no single concept, all of all sources at once.
        ImageUnreadable: missing or broken images, unless their source says to skip those.
        RecordInvalid, ConfigInvalid: files that are not the dataset's, a row that stands twice, a split of the dataset
            that the configuration does not map.
    """
    sources = chosen(config.source, config.sources)
    skipped: Counter[str] = Counter()
    found, unknown = find_rows(sources, knowledge, run_dir, skipped)
    _unpack(found)
    found, prints = _opened(found, config, run_dir, skipped)
    pairs = find(prints, config.alike)
    units = joined([one.group for one in found], pairs)
    splits = settle(_members(found, units, config), [source.shares for source in sources], config.seed,
                    config.write.held_out)  # fmt: skip
    signs = Signs(knowledge)
    cases = [_case(one, split, signs, run_dir, len(sources)) for one, split in zip(found, splits, strict=True)]
    _once(cases)
    cases = _joined(cases, units)
    twins = [_twins(pair, found, cases, knowledge) for pair in pairs]
    kept = [case for case in cases if case.split]
    skipped.update({"its group is in another split of a dataset": len(cases) - len(kept)})
    return Gathered(kept, twins, unknown, +skipped, signs.left_out)


def _once(cases: Sequence[Case]) -> None:
    """
    Raises:
        RecordInvalid: the names of two sources and their rows make the same id.
    """
    [(id_, count)] = Counter(case.id for case in cases).most_common(1) or [("", 0)]
    if count > 1:
        raise RecordInvalid(f"{count} cases would be called {id_}; give one of their sources another `dataset`")


def _unpack(found: Sequence[Found]) -> None:
    """Write the images of datasets that come as one archive. A file that is as it should be keeps its time."""
    packed = [(one.image, one.row.pixels) for one in found if one.row.pixels]
    for image, pixels in tqdm(packed, desc="unpacking", file=sys.stderr, disable=None if packed else True):
        image.parent.mkdir(parents=True, exist_ok=True)
        draft = image.with_suffix(".part")
        pixels().save(draft, "PNG", compress_level=1)
        if image.is_file() and image.read_bytes() == draft.read_bytes():
            draft.unlink()
        else:
            draft.replace(image)


def _opened(
    found: Sequence[Found], config: SynthConfig, run_dir: Path, skipped: Counter[str]
) -> tuple[list[Found], list[Print]]:
    """The readable images with their prints.

    Raises:
        ImageUnreadable: names the first few that are not, where their source does not skip them.
    """
    prints = take_all([one.image for one in found], run_dir / "prints.npz", config.alike.processes)
    both = list(zip(found, prints, strict=True))
    fatal = [f"{one.image} (row {one.row.id} of {one.source.called}) {print_.problem}" for one, print_ in both
             if print_.problem and not one.source.skip_unreadable]  # fmt: skip
    if fatal:
        more = f"; and {len(fatal) - 3} more" if len(fatal) > 3 else ""
        raise ImageUnreadable(
            f"{'; '.join(fatal[:3])}{more}. Fetch them again, or set source.skip_unreadable = true to leave such rows "
            "out and count them."
        )
    skipped.update(print_.problem for print_ in prints if print_.problem)
    kept = [(one, print_) for one, print_ in both if not print_.problem]
    return [one for one, _ in kept], [print_ for _, print_ in kept]


def _members(found: Sequence[Found], units: Sequence[str], config: SynthConfig) -> list[Member]:
    """
    Raises:
        ConfigInvalid: a dataset's own splits are wanted where it states none, or one that `own` does not map.
    """
    several = len(config.sources) > 1
    members: list[Member] = []
    strange: Counter[str] = Counter()
    for one, unit in zip(found, units, strict=True):
        fixed = one.source.own.get(one.row.split, "") if one.source.splits == "own" else ""
        if one.source.splits == "own" and not fixed:
            strange[f"{one.row.split or 'no split'} of {one.source.called}"] += 1
        # A source alone is split the same whatever it is called.
        members.append(Member(unit if several else unit.partition("/")[2], one.row.label, one.place, fixed))
    if strange:
        listed = ", ".join(f"{name} ({count} rows)" for name, count in sorted(strange.items()))
        raise ConfigInvalid(
            f'splits = "own", but source.own does not say what becomes of {listed}. Add it to source.own, or set '
            'splits = "shares"'
        )
    return members


def _case(one: Found, split: str, signs: Signs, run_dir: Path, sources: int) -> Case:
    row = one.row
    return Case(
        id=f"{one.source.called}-{row.id}" if sources > 1 else row.id,
        source=one.source.called,
        image=one.image.relative_to(run_dir).as_posix() if row.pixels else str(one.image),
        label=row.label,
        gold=one.gold,
        split=split,
        licence=row.licence,
        condition=row.condition,
        patient=row.patient,
        lesion=row.lesion,
        findings=signs.read(row.findings),
        site=row.site,
        age=row.age,
        sex=row.sex,
        fitzpatrick=row.fitzpatrick,
        fitzpatrick_group=row.fitzpatrick_group,
    )


def _joined(cases: Sequence[Case], units: Sequence[str]) -> list[Case]:
    """The cases, with `twin` set in every unit that has more than one group."""
    groups: dict[str, set[str]] = {}
    for case, unit in zip(cases, units, strict=True):
        groups.setdefault(unit, set()).add(case.group)
    return [
        replace(case, twin=min(groups[unit])) if len(groups[unit]) > 1 else case
        for case, unit in zip(cases, units, strict=True)
    ]


def _twins(pair: Pair, found: Sequence[Found], cases: Sequence[Case], knowledge: Knowledge) -> Twins:
    a, b = cases[pair.a], cases[pair.b]
    return Twins(
        a=a.id,
        b=b.id,
        identical=pair.identical,
        turned=pair.turned,
        distance=pair.distance,
        likeness=pair.likeness,
        conflict=not knowledge.same_line(a.gold, b.gold),
        sources=(a.source, b.source),
        labels=(a.label, b.label),
        golds=(a.gold, b.gold),
        own_splits=(found[pair.a].row.split, found[pair.b].row.split),
        images=(a.image, b.image),
    )
