"""The job `generate`: cases -> trajectories, with everything that was refused and why.

`shards` cuts a run, `bench` makes a shard, `line` is its conveyor (`jobs` says what is to be written, `rows` what
became of it, `ledger` keeps both), `spread` deals shards to processes and machines, and `merge` joins them. `index` and
`tally` are what a shard tells of itself without its text, `report` and `card` what people are told of a run.
"""

from __future__ import annotations

from .job import expected, join_run, make
from .jobs import Job
from .rows import trajectory
from .shop import Workshop, cases_path, image_digests, pack_of, workshop

__all__ = [
    "Job",
    "Workshop",
    "cases_path",
    "expected",
    "image_digests",
    "join_run",
    "make",
    "pack_of",
    "trajectory",
    "workshop",
]
