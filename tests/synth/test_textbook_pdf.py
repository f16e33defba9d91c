"""PDF: columns, running heads, broken words, page breaks, figures and their captions, on files made for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption

from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import Passage
from kg_service.job import read_jsonl
from synth.textbook import job
from synth.textbook.book import assemble
from synth.textbook.figures import of_book
from synth.textbook.pdf import read_file
from synth.textbook.records import Figure, Page
from synth.textbook.settings import Book, TextbookConfig

from .textbook_pdfs import Press

LEFT = """
  Psoriasis is a chronic inflammatory disease of
the skin which shows sharply bounded patches with
a silvery scale. The patches are found on the el-
bows and on the knees, and on the scalp, as shown
in Fig. 12.3 A. Removal of the scale shows a well-
defined bleeding point under the last layer.
  The nails are pitted in many of the cases. The
elbows are nearly always involved in the disease,
and the inflammation varies from day to day. It is
inflammation of the whole skin that may come late
in the course of this disease, and it is severe, so
"""
RIGHT = """
that the picture changes. A well-defined border
is typical for all of these patches of the skin.
  The course is long, and relapses are common in
the winter months. In the summer the patches may
disappear on those parts which the sun can reach.
  Itching is slight or absent in most of the pat-
ients, and scratching is not a feature at all. The
"""


def told(pages: list[Page]) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for page in pages for block in page.blocks]


def pdf(path: Path, **options: object) -> Press:
    return Press(path / "book.pdf", **options)


def read(path: Path) -> list[Page]:
    """The pages of the file; an image goes by the redness of its pixels."""
    return read_file(path / "book.pdf", lambda image: f"figures/{image.tobytes()[0]}.png")


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> list[Page]:
    """Three pages: two columns under a spanning title, a broken word at the page's end, a one-column end, a scan."""
    folder = tmp_path_factory.mktemp("chapter")
    press = pdf(folder)
    press.line(72, 40, "DISEASES OF THE SKIN", 8)
    press.line(520, 40, "127", 8)
    press.line(180, 80, "Psoriasis and Its Look-Alikes", 18, "Times-Bold")
    press.column(72, 120, LEFT)
    y = press.column(320, 120, RIGHT)
    press.line(320, y, "inflam-")
    press.line(72, 740, "A footnote in small print.", 7)
    press.turn()
    press.line(72, 40, "128", 8)
    press.line(420, 40, "DISEASES OF THE SKIN", 8)
    y = press.column(72, 80, "mation may spread over the whole of the body.\n  The patient should be seen again soon.")
    press.line(72, y + 20, "Differential Diagnosis", 12, "Times-Bold")
    press.column(72, y + 36, "  Seborrheic dermatitis has a greasy yellow scale\nand spares the elbows.")
    press.turn()
    press.image(0, 0, 612, 792, (9, 9, 9))
    press.turn()
    press.line(72, 40, "DISEASES OF THE SKIN", 8)
    press.line(520, 40, "130", 8)
    press.column(72, 80, "  The end of the book.")
    press.save()
    return read(folder)


def test_columns_are_read_one_after_the_other_under_a_heading_that_spans_them(chapter: list[Page]):
    kinds = told(chapter)[:5]
    assert [kind for kind, _ in kinds] == ["heading", "paragraph", "paragraph", "verbatim", "paragraph"]
    assert kinds[0][1] == "Psoriasis and Its Look-Alikes"
    assert kinds[2][1].endswith("and it is severe, so that the picture changes. A well-defined border is typical "
                                "for all of these patches of the skin.")  # fmt: skip
    assert kinds[4][1].startswith("The course is long")


def test_words_broken_at_line_ends_are_healed_and_compounds_keep_their_hyphen(chapter: list[Page]):
    text = " ".join(words for _, words in told(chapter))
    assert "on the elbows and on the knees" in text
    assert "shows a well-defined bleeding point" in text
    assert "most of the patients, and" in text
    assert "and the inflammation varies" in text


def test_a_word_and_a_paragraph_go_on_over_the_page_break(chapter: list[Page]):
    before, after = chapter[0].blocks[-1], chapter[1].blocks[0]
    assert before.text.endswith("is not a feature at all. The inflammation")
    assert after.joins
    assert after.text == "may spread over the whole of the body."


def test_running_heads_go_and_their_numbers_become_page_labels_also_between_them(chapter: list[Page]):
    assert not any("DISEASES OF THE SKIN" in words for _, words in told(chapter))
    assert [page.label for page in chapter] == ["127", "128", "129", "130"]
    assert chapter[3].blocks[0].text == "The end of the book."


def test_a_page_that_is_only_an_image_is_a_scan(chapter: list[Page]):
    assert [page.scan for page in chapter] == [False, False, True, False]
    assert chapter[2].blocks == ()


def test_headings_are_told_by_size_and_weight_and_small_print_is_no_paragraph(chapter: list[Page]):
    levels = [(block.level, block.text) for page in chapter for block in page.blocks if block.level]
    assert levels == [(1, "Psoriasis and Its Look-Alikes"), (2, "Differential Diagnosis")]
    assert ("verbatim", "A footnote in small print.") in told(chapter)


def test_three_columns_are_told_apart(tmp_path: Path):
    press = pdf(tmp_path)
    for place, name in enumerate(("one", "two", "three")):
        press.column(
            60 + 170 * place, 100, "\n".join(f"the {name} column has line {n} and" for n in range(9)) + "\nends."
        )
    press.save()
    text = " ".join(words for _, words in told(read(tmp_path)))
    assert text.index("two column has line 0") > text.index("one column has line 8")
    assert text.index("three column has line 0") > text.index("two column has line 8")


def test_a_last_page_with_few_lines_has_the_columns_of_the_others(tmp_path: Path):
    press = pdf(tmp_path)
    press.column(72, 100, LEFT)
    press.column(320, 100, RIGHT)
    press.turn()
    press.column(72, 100, "Two lines of the left\ncolumn are here and")
    press.column(320, 100, "two lines of the right\ncolumn are there.")
    press.save()
    assert [block.text for block in read(tmp_path)[1].blocks] == [
        "Two lines of the left column are here and two lines of the right column are there."
    ]


def test_rows_with_cells_are_a_table_and_do_not_run_into_the_text(tmp_path: Path):
    press = pdf(tmp_path)
    y = press.column(72, 100, "  The two diseases are told apart by these signs, of which\none alone is never enough:")
    for row in (("Sign", "Psoriasis", "Eczema"), ("scale", "silvery", "crusted"), ("border", "sharp", "vague")):
        for place, cell in enumerate(row):
            press.line(72 + 90 * place, y + 8, cell)
        y += 12
    press.column(72, y + 20, "  The text goes on below the table.")
    press.save()
    assert told(read(tmp_path)) == [
        ("paragraph", "The two diseases are told apart by these signs, of which one alone is never enough:"),
        ("table", "Sign | Psoriasis | Eczema\nscale | silvery | crusted\nborder | sharp | vague"),
        ("paragraph", "The text goes on below the table."),
    ]


def test_items_of_a_list_may_hang_and_end_with_it(tmp_path: Path):
    press = pdf(tmp_path)
    y = press.column(72, 100, "  There are two of them to be thought of here:")
    for mark, first, second in (("1.", "psoriasis, which is dry", "and has silvery scale;"), ("2.", "eczema.", "")):
        y = press.line(84, y, f"{mark} {first}")
        y = press.line(96, y, second) if second else y
    press.column(72, y + 6, "  The text goes on below the list of them.")
    press.save()
    assert told(read(tmp_path)) == [
        ("paragraph", "There are two of them to be thought of here:"),
        ("item", "1. psoriasis, which is dry and has silvery scale;"), ("item", "2. eczema."),
        ("paragraph", "The text goes on below the list of them."),
    ]  # fmt: skip


def test_running_text_from_edge_to_edge_is_not_parted(tmp_path: Path):
    press = pdf(tmp_path)
    lines = [
        f"This is the running text number {n} of one page, and it goes from edge to edge of it," for n in range(12)
    ]
    press.column(72, 100, "\n".join(lines) + "\nand ends.")
    press.save()
    pages = read(tmp_path)
    assert len(pages[0].blocks) == 1
    assert pages[0].blocks[0].text.endswith("edge of it, and ends.")


def figures(path: Path) -> tuple[Figure, ...]:
    return of_book(assemble("book", read(path))).figures


def bound(path: Path) -> list[tuple[str, str, str]]:
    return [(figure.id, figure.image, figure.bound) for figure in figures(path)]


def test_a_caption_below_and_one_above_are_bound_to_their_images(tmp_path: Path):
    press = pdf(tmp_path)
    press.column(72, 80, "  Text before the figures that is long enough.")
    y = press.image(72, 120, 200, 100, (11, 0, 0))
    press.line(72, y + 14, "Fig. 1.1. A plaque on the elbow.", 9)
    y = press.image(72, 300, 200, 100, (22, 0, 0))
    press.line(72, y + 14, "Abb. 2 Ein Herd am Knie.", 9)
    press.turn()
    press.line(72, 90, "FIGURE 3. The caption stands above.", 9)
    press.image(72, 100, 200, 100, (33, 0, 0))
    press.save()
    assert bound(tmp_path) == [
        ("book/fig-1.1", "figures/11.png", "below"), ("book/fig-2", "figures/22.png", "below"),
        ("book/fig-3", "figures/33.png", "above"),
    ]  # fmt: skip


def test_a_book_that_sets_captions_above_is_believed_where_both_sides_are_near(tmp_path: Path):
    press = pdf(tmp_path)
    for color in (1, 2):
        press.line(72, 90, f"Fig. {color}. The caption stands above.", 9)
        press.image(72, 100, 200, 100, (color, 0, 0))
        press.turn()
    press.line(72, 90, "Fig. 3. The first of the page.", 9)
    y = press.image(72, 104, 200, 100, (3, 0, 0))
    press.line(72, y + 13, "Fig. 4. The second of the page.", 9)
    press.image(72, y + 27, 200, 100, (4, 0, 0))
    press.save()
    assert bound(tmp_path) == [(f"book/fig-{n}", f"figures/{n}.png", "above") for n in (1, 2, 3, 4)]


def test_panels_of_one_caption_get_its_letters_in_reading_order(tmp_path: Path):
    press = pdf(tmp_path)
    for color, (x, y) in {3: (72, 210), 2: (190, 100), 1: (72, 100), 4: (190, 210)}.items():
        press.image(x, y, 110, 100, (color, 0, 0))
    press.line(72, 326, "Fig. 12.3 Psoriasis. (A) Plaque, (B) nail pits, (C) scalp and (D) Auspitz sign.", 9)
    press.save()
    found = figures(tmp_path)
    assert [(f.id, f.panel, f.image) for f in found] == [
        (f"book/fig-12.3{letter}", letter, f"figures/{n}.png") for n, letter in enumerate("ABCD", start=1)
    ]
    assert {figure.panels for figure in found} == {("A", "B", "C", "D")}


def test_two_figures_side_by_side_keep_their_own_captions(tmp_path: Path):
    press = pdf(tmp_path)
    for color, x in ((1, 72), (2, 330)):
        press.image(x, 100, 200, 100, (color, 0, 0))
        press.line(x, 214, f"Fig. {color}. One of two figures.", 9)
    press.image(72, 500, 100, 100, (9, 0, 0))
    press.save()
    assert sorted(bound(tmp_path)) == [
        ("book/fig-1", "figures/1.png", "below"), ("book/fig-2", "figures/2.png", "below"),
        ("book/page-1", "figures/9.png", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_read_as_a_reader_sees_it_and_marks_along_the_margin_are_not(tmp_path: Path, degrees: int):
    press = pdf(tmp_path)
    press.canvas.setPageRotation(degrees)
    press.canvas.translate(*{90: (612, 0), 180: (612, 792), 270: (0, 792)}[degrees])
    press.canvas.rotate(degrees)
    press.column(72, 100, "This line is read first\nand this one after it.")
    press.canvas.rotate(90)
    press.canvas.drawString(100, -20, "along the margin")
    press.save()
    assert told(read(tmp_path)) == [("paragraph", "This line is read first and this one after it.")]


def test_a_locked_and_a_broken_file_are_told_by_name(tmp_path: Path):
    press = pdf(tmp_path, encrypt=StandardEncryption("secret", ownerPassword="other"))
    press.line(72, 100, "Hidden.")
    press.save()
    with pytest.raises(RecordInvalid, match=r"book\.pdf is encrypted"):
        read(tmp_path)
    (tmp_path / "book.pdf").write_bytes(b"%PDF-1.7 torn")
    with pytest.raises(RecordInvalid, match=r"book\.pdf is not a whole PDF"):
        read(tmp_path)


def test_the_job_stores_images_as_png_and_reports_scans_by_number(tmp_path: Path):
    press = pdf(tmp_path)
    press.column(72, 60, "  The plaque is shown in Fig. 1 and it is red and sharply bounded.")
    y = press.image(72, 100, 200, 100, (7, 8, 9))
    press.line(72, y + 14, "Fig. 1. A plaque on the elbow.", 9)
    press.turn()
    press.image(0, 0, 612, 792, (1, 1, 1))
    press.turn()
    press.image(72, 100, 200, 100, (5, 5, 5))
    press.column(72, 400, "  Another page of the book without a caption, not asked for.")
    press.save()
    book = Book(path=str(tmp_path / "book.pdf"), title="Book", licence="CC0-1.0", pages="1-2")
    counts = job.make(TextbookConfig(books=(book,)), tmp_path / "run")
    assert (counts["scans"], counts["figures_bound"], counts["pages"]) == (1, 1, 2)
    report = json.loads((tmp_path / "run" / "textbook-report.json").read_text())["books"]["book"]
    assert report["scans"] == [2]
    assert report["warnings"] == ["no text on the pages 2: scans; run text recognition over the file"]
    found = list(read_jsonl(tmp_path / "run" / "passages.jsonl", Passage))
    assert [(one.role, one.page, one.figures) for one in found] == [
        ("", "1", ("book/fig-1",)), ("caption", "1", ("book/fig-1",)),
    ]  # fmt: skip
    stored = list((tmp_path / "run" / "figures").iterdir())
    assert len(stored) == 1
    with Image.open(stored[0]) as image:
        assert (image.format, image.convert("RGB").getpixel((0, 0))) == ("PNG", (7, 8, 9))
