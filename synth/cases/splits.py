"""Which split a case belongs to: whole units, by hash, each label spread as evenly as its units allow."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """One image that needs a split: its unit, its label, the number of its source, and the split its dataset fixes."""

    unit: str
    label: str
    source: int = 0
    fixed: str = ""


def settle(
    members: Sequence[Member], shares: Sequence[Mapping[str, float]], seed: int, held_out: Collection[str] = ()
) -> list[str]:
    """The split of each image, in order; nothing for one that must be left out.

    A unit of which a dataset fixes the split has that one: where datasets disagree a held-out split wins, then the one
    that more of its images have, and the images fixed to another are left out, since to move them would change the
    dataset's own split. Every other unit is spread by the shares of the first source that has a part of it.

    Args:
        shares: split -> share, for each source.
        held_out: the splits to be evaluated on.
    """
    fixed: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, int] = {}
    for member in members:
        first[member.unit] = min(first.get(member.unit, member.source), member.source)
        if member.fixed:
            fixed[member.unit][member.fixed] += 1
    chosen = {
        unit: max(votes, key=lambda split: (split in held_out, votes[split], split)) for unit, votes in fixed.items()
    }
    for source, wanted in enumerate(shares):
        free = [m for m in members if first[m.unit] == source and m.unit not in fixed]
        chosen |= dict(zip((m.unit for m in free), assign(free, wanted, seed), strict=True))
    return [chosen[m.unit] if m.fixed in ("", chosen[m.unit]) else "" for m in members]


def assign(members: Sequence[Member], shares: Mapping[str, float], seed: int) -> list[str]:
    """The split of each image, in order.

    Units are taken in the order of their hash, rare labels first, and each goes to the split that is furthest below
    its share of the unit's rarest label. Neither the order of images nor of `shares` matters.
    """
    totals = Counter(member.label for member in members)
    units: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        units[member.unit].append(member)
    rarest = {name: min((member.label for member in found), key=lambda label: (totals[label], label))
              for name, found in units.items()}  # fmt: skip
    order = sorted(units, key=lambda name: (totals[rarest[name]], rarest[name], _hash(seed, name)))
    held: dict[str, Counter[str]] = {split: Counter() for split in sorted(shares)}
    chosen: dict[str, str] = {}
    for name in order:
        label = rarest[name]
        split = max(held, key=lambda split: (shares[split] * totals[label] - held[split][label], shares[split], split))
        chosen[name] = split
        held[split].update(member.label for member in units[name])
    return [chosen[member.unit] for member in members]


def _hash(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()
