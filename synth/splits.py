"""Which split a case belongs to: whole groups, by hash, each label spread as evenly as its groups allow."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from .sources import Row


def group(row: Row) -> str:
    """The unit that must not be divided: the patient, else the lesion, else the image (as `Case.group`)."""
    return row.patient or row.lesion or row.id


def assign(rows: Sequence[Row], shares: Mapping[str, float], seed: int) -> list[str]:
    """The split of each row, in order.

    Groups are taken in the order of their hash, rare labels first, and each goes to the split that is furthest below
    its share of the group's rarest label. Neither the order of rows nor of `shares` matters.
    """
    totals = Counter(row.label for row in rows)
    members: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        members[group(row)].append(row)
    rarest = {name: min((row.label for row in found), key=lambda label: (totals[label], label))
              for name, found in members.items()}  # fmt: skip
    order = sorted(members, key=lambda name: (totals[rarest[name]], rarest[name], _hash(seed, name)))
    held: dict[str, Counter[str]] = {split: Counter() for split in sorted(shares)}
    chosen: dict[str, str] = {}
    for name in order:
        label = rarest[name]
        split = max(held, key=lambda split: (shares[split] * totals[label] - held[split][label], shares[split], split))
        chosen[name] = split
        held[split].update(row.label for row in members[name])
    return [chosen[group(row)] for row in rows]


def _hash(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()
