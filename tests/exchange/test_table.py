"""The table: what a spreadsheet does to a file is undone, and what a file could do to a spreadsheet is prevented."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.core.concept import Concept, Condition
from kg_service.core.errors import KnowledgeInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.exchange.incoming import plan
from kg_service.exchange.table import COLUMNS, read_csv, write_csv

SIGNS = "abcdefgàßø=+-@'|\\;,\"\t ,\n#{}().<>/1"


def one(**said: object) -> Knowledge:
    return Knowledge([replace(Concept("a", "alpha", (), Condition.BENIGN), **said)])


def test_a_foreign_table_becomes_changes(knowledge, put):
    rows = read_csv(put("in.csv", (
        "id,prefLabel,condition,parents,altLabels,exactMatch\n"
        "N1,Spitz nevus,Benign,melanocytic nevus,juvenile melanoma | Spitz tumor,DOID:0060488\n"
        ",blue nevus,,,azure nevus,\n"
    )))  # fmt: skip
    assert rows[0].place.endswith("in.csv, row 2")
    found = plan(rows, knowledge)
    assert found.findings == ()
    assert found.sentences() == (
        "add 'Spitz nevus' (spitz-nevus) under melanocytic-nevus, benign, "
        "also called 'juvenile melanoma', 'Spitz tumor'",
        "blue-nevus is also called 'azure nevus'",
    )
    assert found.changes[0].concept.exact_match == ("http://purl.obolibrary.org/obo/DOID_0060488",)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_dialect_of_a_spreadsheet_is_read(knowledge, put, delimiter, end, mark):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(csv.reader(io.StringIO(write_csv(knowledge))))
    assert plan(read_csv(put("in.csv", mark + out.getvalue())), knowledge).unchanged == len(knowledge.concepts)


def test_columns_may_come_in_any_order_and_all_but_the_name_be_missing(put):
    assert [row.pref_label for row in read_csv(put("in.csv", "prefLabel\nalpha\n\n beta \n"))] == ["alpha", "beta"]
    [row] = read_csv(put("in.csv", "definition,preflabel,id,,\nWhat it is.,alpha,1,,\n"))
    assert (row.key, row.pref_label, row.definition) == ("1", "alpha", "What it is.")
    assert [row.place[-5:] for row in read_csv(put("in.csv", "prefLabel\nalpha\n\nbeta\n"))] == ["row 2", "row 4"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,prefLabel,ICD,colour\n1,a,b,c\n", "(?s)no column 'ICD'; there are id, prefLabel.*no column 'colour'"),
        ("id,condition\n1,benign\n", "column prefLabel is missing"),
        ("prefLabel,preflabel\na,b\n", "stands twice"),
        ("id,prefLabel\n1,a\n2,b,c\n", "row 3: 3 cells under 2 columns"),
        ('id,prefLabel\n1,"a\n2,b\n', "not a CSV file"),
        ("id,prefLabel\n\n,\n", "holds no row"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(put, content, message):
    with pytest.raises(KnowledgeInvalid, match=message):
        read_csv(put("in.csv", content))


def test_a_condition_of_no_known_word_is_a_finding(knowledge, put):
    rows = read_csv(put("in.csv", "prefLabel,condition,parents\nalpha,borderline,neoplasm\n"))
    assert "the condition 'borderline' is none of" in plan(rows, knowledge).findings[0]


@pytest.mark.parametrize(
    "name", ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "'=1", "''@x", "＝1+1", "'tis", "=cmd|' /C calc'!A0"]
)
def test_no_cell_is_a_formula_and_each_reads_back_unchanged(put, name):
    text = write_csv(one(pref_label=name, definition=name, alt_labels=(name + "b",)))
    [_, cells] = list(csv.reader(io.StringIO(text)))
    assert not any(cell.startswith(tuple("=+-@\t\r＝")) for cell in cells)
    [row] = read_csv(put("out.csv", text))
    assert (row.pref_label, row.definition, row.alt_labels) == (name, name, (name + "b",))


texts = st.text(SIGNS, min_size=1, max_size=12).map(str.strip).filter(bool)


@given(name=texts, alt=st.lists(texts, max_size=4, unique=True), hidden=st.lists(texts, max_size=2), said=texts)
def test_any_text_goes_out_and_comes_back(tmp_path_factory, name, alt, hidden, said):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    whole = one(pref_label=name, alt_labels=tuple(alt), hidden_labels=tuple(hidden), definition=said)
    path.write_bytes(write_csv(whole).encode())
    [row] = read_csv(path)
    assert (row.pref_label, row.definition) == (name, said)
    assert (sorted(row.alt_labels), sorted(row.hidden_labels)) == (sorted(alt), sorted(hidden))


def test_the_first_line_names_the_columns(knowledge):
    assert write_csv(knowledge).partition("\r\n")[0] == ",".join(COLUMNS)
