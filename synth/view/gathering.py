"""One pass over a run's rows: what is counted, and which rows are drawn to be shown. No row is held in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from kg_service.core.trajectory import Trajectory
from kg_service.job import read_jsonl

from ..chance import number

FILES = ACCEPTED, QUARANTINE = "trajectories.jsonl", "quarantine.jsonl"  # the latter: rows with a soft finding

Item = TypeVar("Item")
Draw = tuple[int, int, int]  # the lot, the file, the line


@dataclass
class Gathered:
    """Counts over all rows of a run, those in quarantine apart (`files` counts both).

    `kinds`: (gold, kind) -> rows. `pairs`: (gold, distractor, via) -> rows. `words`: length of a rationale -> rows.
    `strata`: group -> gold -> draws; a group is a kind, or rows that carry a flag.
    """

    files: dict[str, int] = field(default_factory=dict)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    via: Counter[str] = field(default_factory=Counter)
    words: Counter[int] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    writers: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: int = 0
    strata: dict[str, dict[str, list[Draw]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    @property
    def accepted(self) -> int:
        return self.files.get(ACCEPTED, 0)

    @property
    def by_gold(self) -> Counter[str]:
        """Accepted rows of each gold."""
        found: Counter[str] = Counter()
        for (gold, _), count in sorted(self.kinds.items()):
            found[gold] += count
        return found


def gather(run_dir: Path, seed: int) -> Gathered:
    """Read every row once. A missing file counts as empty.

    Raises:
        RecordInvalid: a line is not a trajectory.
    """
    found = Gathered()
    for place, name in enumerate(FILES):
        if not (run_dir / name).is_file():
            continue
        count = 0
        for line, row in enumerate(read_jsonl(run_dir / name, Trajectory)):
            count += 1
            aside = place > 0
            found.flags.update(row.flags)
            group = "flagged" if row.flags or aside else str(row.kind)
            found.strata[group][row.gold].append((number(seed, f"view/{row.id}"), place, line))
            if not aside:
                _count(found, row)
        found.files[name] = count
    return found


def _count(found: Gathered, row: Trajectory) -> None:
    found.kinds[row.gold, str(row.kind)] += 1
    found.words[sum(len(step.text.split()) for step in row.steps)] += 1
    found.writers[str(row.provenance.get("engine", "")), str(row.provenance.get("model", ""))] += 1
    found.told += row.answer_visible
    for distractor in row.distractors:
        found.pairs[row.gold, distractor.concept, distractor.via] += 1
        found.via[distractor.via] += 1


def pick(run_dir: Path, gathered: Gathered, count: int) -> list[tuple[Trajectory, str]]:
    """At most `count` rows with their files, in the order drawn: each kind in turn, within a kind each gold in turn."""
    lots = [
        _in_turn([sorted(draws) for _, draws in sorted(golds.items(), key=lambda item: min(item[1]))])
        for _, golds in sorted(gathered.strata.items(), reverse=True)
    ]
    order = {(file, line): place for place, (_, file, line) in zip(range(count), _in_turn(lots), strict=False)}
    adapter = TypeAdapter(Trajectory)
    found: list[tuple[int, Trajectory, str]] = []
    for place, name in enumerate(FILES):
        if any(file == place for file, _ in order):
            with (run_dir / name).open("rb") as lines:
                found += [
                    (order[place, line], adapter.validate_json(text), name)
                    for line, text in enumerate(lines)
                    if (place, line) in order
                ]
    return [(row, name) for _, row, name in sorted(found, key=lambda one: one[0])]


def _in_turn(queues: Sequence[Iterable[Item]]) -> Iterator[Item]:
    """One of each queue in turn until all are empty."""
    waiting = [iter(queue) for queue in queues]
    while waiting:
        left = []
        for queue in waiting:
            for item in queue:
                yield item
                left.append(queue)
                break
        waiting = left
