"""Where shards are made, one after the other: everything that a process loads once, and the making of one shard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from kg_service.core.case import Case
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl, write_json

from ..settings import SynthConfig
from ..writers.draft import Task
from .index import Index
from .jobs import Planner, task_of
from .ledger import UNANSWERED, Ledger
from .line import Line, Wish
from .shards import COLUMNS, INDEX, JOURNAL, SEAL, Shard, cut, finished, folder_of, held
from .shop import Workshop, cases_path, corpus, image_digests, workshop
from .tally import Tally


@dataclass(frozen=True)
class Bench:
    """One process's place of work. The workshop is set up at its first shard, the writer with it."""

    config: SynthConfig
    knowledge: Knowledge
    run_dir: Path
    cases: tuple[Case, ...]
    shards: tuple[Shard, ...]

    @classmethod
    def of(cls, config: SynthConfig, knowledge: Knowledge, run_dir: Path) -> Self:
        """Read the cases and cut them.

        Raises:
            RecordInvalid: there is no case to write from.
        """
        path = cases_path(config, run_dir)
        every = tuple(read_jsonl(path, Case))
        chosen = [case for case in every if case.split in config.write.splits]
        if not chosen:
            raise RecordInvalid(f"{path} holds no case of the splits {', '.join(config.write.splits)}")
        return cls(config, knowledge, run_dir, every, tuple(cut(config, knowledge, chosen, path)))

    @property
    def open(self) -> list[Shard]:
        """The shards that are not finished."""
        return [shard for shard in self.shards if not finished(self.run_dir, shard)]

    @property
    def folder(self) -> Path:
        """Where the paths of images start."""
        return cases_path(self.config, self.run_dir).parent

    @cached_property
    def shop(self) -> Workshop:
        model = self.run_dir / "model"
        return workshop(self.config, self.knowledge, self.cases, {}, folder=self.folder, model=model)

    def prepare(self, shards: Sequence[Shard]) -> dict[str, str]:
        """Digests of the images that these shards and the held-out splits need.

        Raises:
            ImageUnreadable: an image is missing.
        """
        needed = [case for shard in shards for case in shard.cases]
        needed += [case for case in self.cases if case.split in self.config.write.held_out]
        return image_digests(needed, self.folder, self.run_dir / "shards" / "images.json")

    def make(self, shard: Shard, digests: dict[str, str], tell: Callable[[], object]) -> Tally:
        """Make the rows of a shard, or of what an earlier run left of it, and seal it.

        Raises:
            ShardBusy: another process is at it.
        """
        folder = folder_of(self.run_dir, shard)
        with held(folder), Ledger(folder / JOURNAL) as ledger:
            (folder / SEAL).unlink(missing_ok=True)
            shop = replace(self.shop, corpus=corpus(self.config, self.cases, digests))
            planner, tally = Planner(shop, shard.cases), Tally(wanted=shard.quota)
            line = Line(shop, planner, ledger, tally, tell)
            wishes = (Wish(kind, place >= shard.quota) for place, kind in enumerate(shard.kinds))
            line.run(wishes, shop.settings.budget(len(shard.kinds)))
            tally.replanned, tally.unplannable = planner.replanned, planner.unplannable
            ledger.sync()
            _leave(folder, shard, line, tally, parquet=shop.settings.parquet)
        return tally

    def tasks(self, shard: Shard) -> Iterator[Task]:
        """The first attempts at the rows of a shard, as its writer would get them."""
        planner = Planner(self.shop, shard.cases)
        for kind in shard.kinds:
            if job := planner.next(kind):
                yield task_of(self.shop, job)

    def close(self) -> None:
        """Send the writer home."""
        if "shop" in self.__dict__:
            self.shop.writer.close()


def _leave(folder: Path, shard: Shard, line: Line, tally: Tally, *, parquet: bool) -> None:
    """Index, columns and seal, the seal last."""
    Index.of(line).save(folder / INDEX)
    if parquet:
        from .parquet import save, table

        save(table([kept.row for kept in line.rows]), folder / COLUMNS)
    full = tally.accepted >= len(shard.kinds)
    settled = full or not (tally.waiting or tally.unpaid or tally.refused[UNANSWERED])
    write_json(folder / SEAL, {"request": shard.request, "settled": settled, "tally": tally.as_dict()})
