"""Books cut into passages: spans, roles, figures, quotations; the job; and a whole book of 1909."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.core.answer import Answer, parse, render
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Kind, Passage, Step, StepKind, Trajectory
from kg_service.job import load_config, read_jsonl
from synth.__main__ import main
from synth.generate.redaction import ids_of, redact
from synth.textbook import by_concept, cutting, figures, headings, job, letters, matter, roles, sentences
from synth.textbook.book import assemble
from synth.textbook.figures import panels, references
from synth.textbook.quoting import Cap, caps, quotable, rationed
from synth.textbook.records import Block, BlockKind, Figure, Page, PageRow
from synth.textbook.settings import Book, TextbookConfig

ROOT = Path(__file__).resolve().parents[2]
BOOK = Book(path="book.txt", title="A Book", licence="CC0-1.0")


def heading(text: str, level: int = 1) -> Block:
    return Block(BlockKind.HEADING, text, level=level)


def prose(text: str, joins: bool = False) -> Block:
    return Block(BlockKind.PARAGRAPH, text, joins=joins)


def passages(*pages: list[Block]) -> list[Passage]:
    book = assemble("book", [Page(number, f"p{number}", tuple(blocks)) for number, blocks in enumerate(pages, start=1)])
    return list(cutting.cut(book, BOOK, figures.of_book(book)))


# -- letters and sentences ----------------------------------------------------------------------------------------


def test_ligatures_and_soft_hyphens_go_and_measures_stay():
    assert letters.clean("in\ufb02am\u00admation\u00a0of  ½ µg, 3² ﬁssures") == "inflammation of ½ µg, 3² fissures"


@pytest.mark.parametrize(
    ("head", "tail", "healed"),
    [
        ("an inflam-", "mation", "an inflammation"), ("a well-", "defined edge", "a well-defined edge"),
        ("the el-", "bows", "the elbows"), ("non-", "Hodgkin type", "non-Hodgkin type"), ("type 1-", "2", "type 1-2"),
        ("T-", "cell", "T-cell"), ("pea-", "or bean-sized", "pea- or bean-sized"),
        ("millet-seed-", "sized", "millet-seed-sized"),
    ],
)  # fmt: skip
def test_a_hyphen_at_a_line_end_is_healed_as_the_book_writes_the_word(head: str, tail: str, healed: str):
    words = letters.vocabulary(["the elbows are well kept and defined by T-cell, seed and bean-sized"])
    assert letters.healed(head, tail, words) == healed


def test_sentences_do_not_end_at_abbreviations_and_initials():
    text = "See Fig. 5 and Dr. H. W. Hill (cf. p. 3), e.g. 1.5 mm. It heals. “Does it?” Yes."
    found = [text[start:end] for start, end in sentences.spans(text)]
    assert found == ["See Fig. 5 and Dr. H. W. Hill (cf. p. 3), e.g. 1.5 mm.", "It heals.", "“Does it?”", "Yes."]


# -- headings and roles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (("Psoriasis", "Differential Diagnosis"), "differential"),
        (("Psoriasis", "How is psoriasis to be distinguished from squamous eczema?"), "differential"),
        (("Psoriasis", "With what diseases are you likely to confound psoriasis?"), "differential"),
        (("Lepra", "What several diseases are to be excluded in the diagnosis?"), "differential"),
        (("Psoriasis", "Differential Diagnosis", "Eczema"), "differential"),
        (("Acne", "State the diagnostic points"), "diagnosis"),
        (("Acne", "Give the prognosis of acne"), "prognosis"),
        (("Acne", "What is the treatment of acne?"), "treatment"),
        (("Acne", "What is acne?"), "definition"),
        (("Acne", "Give a descriptive definition of acne"), "definition"),
        (("Acne", "Clinical features"), "features"),
        (("Acne", "Describe the symptoms of acne"), "features"),
        (("Acne", "Etiology"), "etiology"),
        (("Acne", "What is the pathology?"), "pathology"),
        (("Acne",), ""),
    ],
)
def test_a_heading_tells_what_its_section_does(path: tuple[str, ...], role: str):
    assert roles.of_path(path) == role


def test_a_run_in_heading_heads_its_paragraph_and_those_that_follow():
    found = passages([heading("Acne"), prose("Common in youth."), prose("Diagnosis.—Rosacea has no comedones."),
                      Block(BlockKind.FIGURE), prose("Comedones decide."), prose("Treatment: Sulphur.")])  # fmt: skip
    assert [(one.path, one.role, one.text) for one in found] == [
        (("Acne",), "", "Common in youth."),
        (("Acne", "Diagnosis"), "diagnosis", "Rosacea has no comedones."),
        (("Acne", "Diagnosis"), "diagnosis", "Comedones decide."),
        (("Acne", "Treatment"), "treatment", "Sulphur."),
    ]


def test_a_label_of_a_figure_is_told_from_running_text_about_it():
    told = ["Fig. 12.3 Plaque.", "FIGURE 4A: Nail", "Abb. 7. Herd", "Plate IV. Acne", "Fig. 3", "Fig. 12-1. Edge"]
    numbers = [found["number"] for text in told if (found := headings.caption(text))]
    assert numbers == ["12.3", "4", "7", "IV", "3", "12-1"]
    assert not any(map(headings.caption, ["Figure 4 shows a plaque.", "Figs and dates", "Figure it out."]))


# -- passages -----------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(["the", "lesion", "is", "often", "red", "and", "bounded", "on", "Elbows.", "Scalp.", "Knees?"])
PROSE = st.lists(WORDS, min_size=1, max_size=150).map(" ".join)
BLOCKS = st.one_of(
    PROSE.map(prose),
    st.tuples(PROSE.map(lambda text: text[:30].strip()), st.integers(1, 7)).map(lambda one: heading(*one)),
    PROSE.map(lambda text: Block(BlockKind.CAPTION, text)),
    st.just(Block(BlockKind.FIGURE)),
    PROSE.map(lambda text: Block(BlockKind.ITEM, text)),
    PROSE.map(lambda text: Block(BlockKind.VERBATIM, text)),
)


@settings(max_examples=60)
@given(st.lists(st.lists(BLOCKS, max_size=6), min_size=1, max_size=5))
def test_every_passage_is_its_span_of_the_books_text_and_none_crosses_a_heading(pages: list[list[Block]]):
    numbered = [Page(number, str(number + 10), tuple(blocks)) for number, blocks in enumerate(pages, start=1)]
    book = assemble("book", numbered)
    captions = figures.of_book(book)
    rows = list(book.rows(captions.blocks))
    assert "\n\n".join(row.text for row in rows) == book.text
    assert all(book.text[row.start : row.start + len(row.text)] == row.text for row in rows)
    found = list(cutting.cut(book, BOOK, captions))
    heads = [(row.start, row.end) for page in rows for row in page.blocks if row.kind is BlockKind.HEADING]
    for one in found:
        assert one.text == " ".join(book.text[one.start : one.end].split())
        assert not any(one.start < end and start < one.end for start, end in heads)
        page = max(row.start for row in rows if row.start <= one.start)
        assert one.page == next(row.label for row in reversed(rows) if row.start == page)
    assert len({one.id for one in found}) == len(found)


def test_long_paragraphs_are_cut_at_sentence_ends_and_short_ones_joined():
    said = [f"The sentence number {n} of this book has ten words." for n in range(60)]
    long = passages([heading("Acne"), prose(" ".join(said))])
    assert [len(one.text.split()) for one in long] == [200, 200, 200]
    assert all(one.text.endswith("words.") for one in long)
    short = passages([heading("Acne"), *map(prose, said[:6])])
    assert [len(one.text.split()) for one in short] == [60]


def test_a_paragraph_goes_on_over_a_page_and_is_cited_by_the_page_where_it_begins():
    found = passages([heading("Acne"), prose("It begins here and goes")], [prose("on over there.", joins=True)])
    assert [(one.text, one.page) for one in found] == [("It begins here and goes on over there.", "p1")]


def test_an_id_is_made_of_book_headings_and_words_and_the_same_words_count_once():
    twice = passages([heading("Acne"), prose("Usually chronic.")], [heading("Acne"), prose("Usually  chronic.")],
                     [heading("Eczema"), prose("Usually chronic.")])  # fmt: skip
    assert [one.path for one in twice] == [("Acne",), ("Eczema",)]
    assert twice[0].id == cutting.identity("Usually chronic.", ["Acne"], "book") != twice[1].id
    assert len(twice[0].id) == 16


def test_tables_in_words_are_passages_and_those_of_numbers_are_not():
    table = Block(BlockKind.TABLE, "Sign | Psoriasis | Eczema\nscale | silvery | crusted")
    numbers = Block(BlockKind.TABLE, "Cases | 123 | 45\nAcne | 4 | 5\n12 | 3 | 4")
    found = passages([heading("Psoriasis"), heading("Differential diagnosis", 2), table, numbers])
    assert [(one.role, one.text) for one in found] == [
        ("differential", "Sign | Psoriasis | Eczema scale | silvery | crusted")
    ]


def test_front_and_back_matter_stay_out_of_passages_and_in_the_pages():
    body = [heading("Acne"), prose("Acne is common. " * 40), heading("References", 2), prose("Smith 1909."),
            heading("Eczema"), prose("Eczema is common. " * 40)]  # fmt: skip
    blocks = [prose("By a doctor."), heading("Preface"), prose("We thank."), heading("Contents"), prose("Acne 1"),
              *body, heading("Index"), prose("Acne, 1"), heading("Other Books"), prose("Buy them.")]  # fmt: skip
    kinds = matter.of_blocks(blocks)
    assert kinds == ["front"] * 5 + ["body"] * 2 + ["back"] * 2 + ["body"] * 2 + ["back"] * 4
    assert {one.heading for one in passages(blocks)} == {"Acne", "Eczema"}


def test_the_contents_of_a_chapter_do_not_make_front_matter_of_the_chapters_before():
    entries = [heading("1 Acne 3", 2), prose("Eczema . . . 40"), prose("Index 99")]
    chapter = [heading("Acne"), heading("Contents", 2), prose("Acne is common. " * 40)]
    rest = [heading("Eczema"), prose("Eczema is common. " * 400)]
    kinds = matter.of_blocks([heading("Contents"), *entries, *chapter, *rest])
    assert kinds == ["front"] * 4 + ["body"] * 5


# -- figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caption", "letters_"),
    [
        ("(A) Plaque, (B) nail pits and (C) scalp.", "ABC"), ("A, plaque. B, nails.", "AB"), ("A Plaque B Nails", "AB"),
        ("(a) early, (b) late", "AB"), ("Vitamin A is low.", ""), ("After B. Smith", ""), ("a, papilla; b, nerve", ""),
    ],
)  # fmt: skip
def test_panels_are_the_letters_that_a_caption_goes_through(caption: str, letters_: str):
    assert panels(caption) == tuple(letters_)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("as seen (see Fig. 12.3 A).", [("12.3", "A")]), ("Figs. 1 and 3 show", [("1", ""), ("3", "")]),
        ("Figures 1–3", [("1", ""), ("2", ""), ("3", "")]), ("Fig. 2a,", [("2", "A")]), ("siehe Abb. 2", [("2", "")]),
        ("Fig. 3 A patient came", [("3", "")]), ("Fig. 2 A and B", [("2", "A"), ("2", "B")]), ("Fig. 99", []),
    ],
)  # fmt: skip
def test_references_in_running_text_name_figures_and_panels(text: str, found: list[tuple[str, str]]):
    assert list(references(text, {"1", "2", "3", "12.3"})) == found


def test_a_passage_knows_the_figures_it_speaks_of_and_a_caption_those_it_serves():
    image = Block(BlockKind.FIGURE, image="figures/a.png")
    caption = Block(BlockKind.CAPTION, "Fig. 2. (A) Plaque. (B) Nail pits.")
    found = passages([heading("Psoriasis"), prose("The nails are pitted (Fig. 2 B)."), image, image, caption])
    assert [(one.role, one.figures) for one in found] == [
        ("", ("book/fig-2B",)), ("caption", ("book/fig-2A", "book/fig-2B")),
    ]  # fmt: skip


# -- linking and quoting ------------------------------------------------------------------------------------------


def passage(text: str = "", *path: str, id_: str = "p", source: str = "Book", licence: str = "CC0-1.0") -> Passage:
    return Passage(id_, text, source, heading=path[-1] if path else "", path=path, licence=licence)


def test_a_passage_is_about_the_innermost_heading_that_names_one_disease(release: Knowledge):
    rows = [
        passage("x", "Psoriasis", "What is the treatment?"),
        passage("x", "Psoriasis", "How does lichen planus differ from psoriasis?"),
        passage("x", "Psoriasis", "How is it to be differentiated from lichen planus?"),
        passage("x", "Scaling diseases", "Lichen planus", "Describe the symptoms"),
        passage("x", "Preface"),
        Passage("old", "x", "Book", heading="Lichen planus"),
        replace(passage("Fig. 1. Lichen planus.", "Psoriasis"), role="caption"),
    ]
    found = by_concept(rows, release)
    assert {concept: len(held) for concept, held in found.items()} == {"psoriasis": 3, "lichen-planus": 3}


def test_whole_sentences_under_the_cap_are_quotable_and_none_of_a_book_without_licence():
    text = (
        "Scales are silvery and lie on a red base. Is it so? See. The nails “pit” in many of these cases. "
        "(Synonym: a kind of scaly tetter.) Use an ointment such as this one:—"
    )
    assert quotable(passage(text)) == ["Scales are silvery and lie on a red base"]
    assert quotable(replace(passage(text), quote_words=8)) == []
    assert (
        quotable(replace(passage(text), role="treatment"))
        == quotable(replace(passage(text), role="differential"))
        == []
    )
    assert quotable(passage(text, licence="")) == []


def test_a_run_quotes_no_more_of_a_book_than_its_share():
    said = "Scales are silvery and lie on a red base."
    rows = [passage(said, id_=f"{source}{n:02}", source=source) for n in range(20) for source in ("Book", "Other")]
    kept = rationed(rows, {"Book": Cap(40, 50), "Other": Cap(40, 1000)})
    quoted = {source: [one for one in kept if one.source == source and quotable(one)] for source in ("Book", "Other")}
    assert {source: len(them) for source, them in quoted.items()} == {"Book": 5, "Other": 20}
    assert kept == rationed(list(rows), {"Other": Cap(40, 1000), "Book": Cap(40, 50)})


def row(steps: tuple[Step, ...], aliases: dict[str, str]) -> Trajectory:
    reply = render(Answer(" ".join(step.text for step in steps), "Psoriasis", Condition.NON_NEOPLASTIC))
    return Trajectory("t", "c", "i", Kind.DIRECT, "psoriasis", Condition.NON_NEOPLASTIC, (), steps, aliases, reply)


def test_quotations_of_one_book_can_be_taken_out_of_trajectories():
    seen = Step(StepKind.OBSERVE, "There is scale.", ("F1",))
    quote = Step(StepKind.TEXTBOOK, "A textbook says “silvery”.", ("P1",))
    end = Step(StepKind.CONCLUDE, "This is psoriasis.", ("C1",))
    rows = [row((seen, quote, end), {"F1": "scale", "P1": "p", "C1": "psoriasis"}), row((seen, end), {"F1": "scale"}),
            row((quote, end), {"P1": "p", "C1": "psoriasis"})]  # fmt: skip
    assert list(redact(rows, ids_of([passage(source="Other")], "Book"))) == rows
    left = list(redact(rows, ids_of([passage(), passage(id_="q", source="Other")], "Book")))
    assert [one.steps for one in left] == [(seen, end), (seen, end)]
    assert left[0].aliases == {"F1": "scale", "C1": "psoriasis"}
    assert parse(left[0].reply) == Answer("There is scale. This is psoriasis.", "Psoriasis", Condition.NON_NEOPLASTIC)


# -- the job ------------------------------------------------------------------------------------------------------


@pytest.fixture
def books(tmp_path: Path) -> TextbookConfig:
    (tmp_path / "one.html").write_text(
        "<h1>Psoriasis</h1><p>Plaques with silvery scale are seen (Fig. 1).</p>"
        "<img src='data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'>"
        "<p class='caption'>Fig. 1. A plaque.</p>"
    )
    (tmp_path / "two.txt").write_text("ACNE VULGARIS\n\nComedones are seen on the face.\n\fPapules too.\n")
    return TextbookConfig(
        books=(
            Book(path=str(tmp_path / "one.html"), title="One", authors=("Doe J",), year=1909, licence="CC0-1.0"),
            Book(path=str(tmp_path / "two.txt"), title="Two", licence="", quote_words=12, quote_share=0.5),
        )
    )


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_job_leaves_pages_passages_figures_and_a_report_and_the_same_bytes_again(books, tmp_path: Path):
    counts = job.make(books, tmp_path / "run")
    assert (counts["pages"], counts["passages"], counts["figures_bound"]) == (3, 3, 1)
    found = list(read_jsonl(tmp_path / "run" / "passages.jsonl", Passage))
    assert [(one.source, one.licence, one.page, one.heading) for one in found] == [
        ("Doe J. One. 1909", "CC0-1.0", "", "Psoriasis"), ("Doe J. One. 1909", "CC0-1.0", "", "Psoriasis"),
        ("Two", "", "1", "ACNE VULGARIS"),
    ]  # fmt: skip
    figure = next(read_jsonl(tmp_path / "run" / "figures.jsonl", Figure))
    assert (figure.id, figure.passage, found[0].figures) == ("doe-one-1909/fig-1", found[1].id, (figure.id,))
    assert (tmp_path / "run" / figure.image).read_bytes().startswith(b"\x89PNG")
    assert [row.label for row in read_jsonl(tmp_path / "run" / "pages.jsonl", PageRow)] == ["", "1", "2"]
    assert {source: (cap.words, cap.total) for source, cap in caps(tmp_path / "run").items()} == {
        "Doe J. One. 1909": (40, 1), "Two": (12, 5),
    }  # fmt: skip
    whole = bytes_of(tmp_path / "run")
    (tmp_path / "run" / "passages.jsonl").unlink()
    (tmp_path / "run" / "figures" / ".torn.part").write_bytes(b"torn")
    job.make(books, tmp_path / "run")
    assert bytes_of(tmp_path / "run") == whole


def test_the_door_reads_books_and_a_dry_run_says_what_it_would_do(books, tmp_path: Path, capsys):
    config = tmp_path / "textbook.toml"
    path = json.dumps(books.books[0].path)
    config.write_text(f'[[books]]\npath = {path}\ntitle = "One"\nlicence = ""\npages = "1-3"\n')
    assert main(["textbook", str(config), "--run-dir", str(tmp_path / "run"), "--dry-run"]) == 0
    assert "never, no licence is stated" in capsys.readouterr().out
    assert not (tmp_path / "run").exists()
    assert main(["textbook", str(config), "--run-dir", str(tmp_path / "run")]) == 0
    assert json.loads(capsys.readouterr().out)["passages"] == 2


def test_what_cannot_be_used_is_told_before_anything_is_written(books, tmp_path: Path):
    for text in (
        '[[books]]\npath = "a.pdf"\ntitle = "A"',
        '[[books]]\npath="a"\ntitle="A"\nlicence=""\npages="x"',
        "books=[]",
    ):
        (tmp_path / "bad.toml").write_text(text)
        with pytest.raises(ConfigInvalid):
            load_config(TextbookConfig, tmp_path / "bad.toml")
    same = books.books[0]
    with pytest.raises(ValueError, match="both called"):
        TextbookConfig(books=(same, replace_path(same, "other.html")))
    with pytest.raises(ConfigInvalid, match="does not exist"):
        job.make(TextbookConfig(books=(replace_path(same, "gone.html"),)), tmp_path / "run")
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    with pytest.raises(RecordInvalid, match="nothing to quote"):
        job.make(TextbookConfig(books=(replace_path(same, str(empty)),)), tmp_path / "run")
    with pytest.raises(RecordInvalid, match="no page of it"):
        job.make(TextbookConfig(books=(same.model_copy(update={"pages": "7"}),)), tmp_path / "run")
    assert not (tmp_path / "run" / "passages.jsonl").exists()


def replace_path(book: Book, path: str) -> Book:
    return book.model_copy(update={"path": path})


# -- a whole book -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["stelwagon.html", "stelwagon.txt"])
def stelwagon(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = Path(os.environ.get("SKIN_R1_SHARED", Path(__file__).resolve().parents[3] / "shared" / "data"))
    path = base / "stelwagon" / request.param
    if not path.is_file():
        pytest.skip(f"no real data at {path}; set SKIN_R1_SHARED")
    shipped = load_config(TextbookConfig, ROOT / "synth" / "configs" / "textbook.toml")
    run = tmp_path_factory.mktemp("stelwagon")
    job.make(TextbookConfig(books=(replace_path(shipped.books[0], str(path)),)), run)
    return run


def test_stelwagon_keeps_its_134_diseases_its_questions_and_its_text_and_loses_its_catalogue(stelwagon: Path):
    found = list(read_jsonl(stelwagon / "passages.jsonl", Passage))
    text = "\n\n".join(page.text for page in read_jsonl(stelwagon / "pages.jsonl", PageRow))
    assert all(one.text == " ".join(text[one.start : one.end].split()) for one in found)
    assert len({one.path[:2] for one in found if one.path[0].startswith("CLASS") and len(one.path) > 1}) == 134
    assert len({one.path for one in found if one.role == "differential"}) == 65
    assert len({one.path for one in found if one.heading.endswith("?")}) > 450
    assert max(len(one.text.split()) for one in found) <= 220
    said = " ".join(one.text for one in found)
    for gone in ("Gutenberg", "Gynecology", "Saunders", "net; Half", "Dorland", "123,746"):
        assert gone not in said
        assert gone in text
    drawn = list(read_jsonl(stelwagon / "figures.jsonl", Figure))
    assert len(drawn) == 93
    assert all(figure.caption for figure in drawn)
