"""Ten thousand rows are read, planned and validated in well under a minute, and a file made to be slow is not."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from kg_service.core.change import Content, apply_all
from kg_service.core.knowledge import Knowledge
from kg_service.exchange.editing import edit
from kg_service.exchange.formats import EDITORS, FORMATS, READERS, written
from kg_service.exchange.incoming import plan
from kg_service.exchange.planning import Plan
from kg_service.exchange.reading import Upload

MANY = 10_000
MINUTE = 60.0


def names() -> Iterator[str]:
    syllables = ("ba", "ke", "lo", "mi", "nu", "ra", "so", "ti", "vo", "zu")
    return ("".join(four) + "rma" for four in product(syllables, repeat=4))


def file_of(header: str, rows: Iterator[tuple[str, ...]]) -> Upload:
    out = io.StringIO()
    csv.writer(out).writerows([header.split(","), *rows])
    return Upload("in.csv", out.getvalue().encode())


def tree() -> Upload:
    """Groups of twenty, four deep: invented words, no diseases."""
    rows = (
        (f"x{i}", name, "benign" if i * 20 >= MANY or not i else "", f"x{i // 20}" if i >= 20 else "neoplasm")
        for i, name in enumerate(names())
    )
    return file_of("id,prefLabel,condition,parents", rows)


def added(file: Upload, knowledge: Knowledge) -> Plan:
    return plan(READERS["csv"](file), knowledge)


def edited(file: Upload, knowledge: Knowledge) -> Plan:
    return edit(EDITORS["csv"](file), knowledge)


def timed(work: Callable[[], Plan]) -> Plan:
    start = time.thread_time()  # of this thread's own work: a crowded machine makes it no longer
    found = work()
    assert time.thread_time() - start < MINUTE
    return found


@pytest.mark.parametrize("how", [added, edited])
def test_ten_thousand_new_concepts_are_planned_in_well_under_a_minute(how, knowledge):
    found = timed(lambda: how(tree(), knowledge))
    assert (len(found.changes), found.findings) == (MANY, ())


def test_a_workbook_of_ten_thousand_concepts_comes_back_unchanged_in_well_under_a_minute(knowledge):
    whole = apply_all(edited(tree(), knowledge).changes, Content.of(knowledge)).knowledge()
    payload = written("xlsx", whole)
    found = timed(lambda: edit(EDITORS["xlsx"](Upload("o" + FORMATS["xlsx"].suffix, payload)), whole))
    assert (found.changes, found.findings) == ((), ())


HOSTILE = {
    "one name": lambda i, name: (f"x{i}", "alpha", "benign", ""),
    "one known name": lambda i, name: (f"x{i}", "rodent ulcer", "benign", ""),
    "one id": lambda i, name: ("x", name, "benign", ""),
    "a chain": lambda i, name: (f"x{i}", name, "benign", f"x{i - 1}" if i else ""),
    "a chain that ends in nothing": lambda i, name: (f"x{i}", name, "benign", f"x{i - 1}"),
    "a ring": lambda i, name: (f"x{i}", name, "benign", f"x{(i + 1) % MANY}"),
    "pairs of rings": lambda i, name: (f"x{i}", name, "benign", f"x{i ^ 1}"),
    "no condition": lambda i, name: (f"x{i}", name, "", "neoplasm"),
}


@pytest.mark.parametrize("how", [added, edited])
@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_made_to_be_slow_is_not(what, how, knowledge):
    if what == "a chain":
        rows = (HOSTILE[what](i, name) for i, name in zip(range(1_000), names(), strict=False))
    else:
        rows = (HOSTILE[what](i, name) for i, name in enumerate(names()))
    found = timed(lambda: how(file_of("id,prefLabel,condition,parents", rows), knowledge))
    assert sum(map(len, found.findings)) < 20_000_000
