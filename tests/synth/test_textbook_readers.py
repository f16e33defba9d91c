"""Readers of HTML, EPUB, Markdown, plain text and DoclingDocument give the same records."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from kg_service.core.errors import ConfigInvalid, RecordInvalid
from synth.textbook import docling_adapter, epub_reader, html_reader, markdown_reader, plain_reader
from synth.textbook.readers import reader_of
from synth.textbook.records import Block, BlockKind, Page
from synth.textbook.settings import Book

PARAGRAPH = "Psoriasis is a chronic disease of the skin with sharply bounded scaly patches."


def png(color: tuple[int, int, int] = (200, 10, 10)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(buffer, format="PNG")
    return buffer.getvalue()


def keep(image: Image.Image) -> str:
    return f"figures/{image.width}x{image.height}.png"


def told(pages: list[Page]) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for page in pages for block in page.blocks]


def html(body: str, files: dict[str, bytes] | None = None) -> list[Page]:
    return html_reader.read(f"<meta charset='utf-8'><body>{body}".encode(), (files or {}).get, keep)


def test_html_gives_headings_paragraphs_items_and_tables_in_order():
    pages = html(
        f"<h1>Scaling diseases</h1><div><h2>Psoriasis</h2>{PARAGRAPH}<ul><li>elbows<li>knees</ul></div>"
        "<table><tr><th>Sign<th>Psoriasis</tr><tr><td>scale<td>silvery</tr></table><pre>R/ Tar 5</pre>"
        "<script>no()</script><!-- no --><nav>no</nav>"
    )
    assert told(pages) == [
        ("heading", 1, "Scaling diseases"), ("heading", 2, "Psoriasis"), ("paragraph", 0, PARAGRAPH),
        ("item", 0, "elbows"), ("item", 0, "knees"), ("table", 0, "Sign | Psoriasis\nscale | silvery"),
        ("verbatim", 0, "R/ Tar 5"),
    ]  # fmt: skip


def test_a_paragraph_in_bold_heads_what_follows_and_a_footnote_is_no_text_of_the_book():
    pages = html(
        f"<p><b>What is psoriasis</b>?</p><p>{PARAGRAPH}<a class='fnanchor'>[A]</a> <b>Itching</b> is slight.</p>"
        "<div class='footnote'>[A] Some say otherwise.</div>"
    )
    assert told(pages) == [
        ("heading", 7, "What is psoriasis?"), ("paragraph", 0, f"{PARAGRAPH} Itching is slight."),
        ("verbatim", 0, "[A] Some say otherwise."),
    ]  # fmt: skip


def test_a_page_mark_inside_a_paragraph_parts_it_over_two_pages():
    pages = html(
        "<p>The disease begins <span class='pagenum'>[Pg 91]</span> at the elbows.</p><p>Then it spreads.</p>"
        "<p><span epub:type='pagebreak' title='xii'></span></p><p>And ends.</p>"
    )
    assert [(page.number, page.label) for page in pages] == [(1, ""), (2, "91"), (3, "xii")]
    assert [(block.text, block.joins) for page in pages for block in page.blocks] == [
        ("The disease begins", False), ("at the elbows.", True), ("Then it spreads.", False), ("And ends.", False),
    ]  # fmt: skip


def test_centred_lines_around_an_image_are_its_caption_and_a_broken_image_is_a_figure_without_one():
    pages = html(
        "<p class='center'><b>Fig. 1.</b></p><div class='figcenter'><img src='a.png'></div>"
        "<p class='center'>Plaque.</p><p class='right'>(After Ranvier.)</p><p>Text.</p>"
        "<figure><img src='b.png'><figcaption>Fig. 2. Nail pits.</figcaption></figure>",
        {"a.png": png(), "b.png": b"nonsense"},
    )
    assert [(block.kind.value, block.text or block.image) for block in pages[0].blocks] == [
        ("caption", "Fig. 1."), ("figure", "figures/40x30.png"), ("caption", "Plaque."),
        ("caption", "(After Ranvier.)"), ("paragraph", "Text."), ("figure", ""), ("caption", "Fig. 2. Nail pits."),
    ]  # fmt: skip


def test_markdown_is_read_like_the_html_it_means(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(png())
    book = tmp_path / "book.md"
    book.write_text(
        f"# Psoriasis\n\n{PARAGRAPH}\n\n**What is seen?**\n\n- scale\n\n![](a.png)\n\n|a|b|\n|-|-|\n|c|d|\n"
    )
    assert told(markdown_reader.read_file(book, keep)) == [
        ("heading", 1, "Psoriasis"), ("paragraph", 0, PARAGRAPH), ("heading", 7, "What is seen?"),
        ("item", 0, "scale"), ("figure", 0, ""), ("table", 0, "a | b\nc | d"),
    ]  # fmt: skip


def test_plain_text_knows_titles_questions_figures_and_drawn_tables(tmp_path: Path):
    book = tmp_path / "book.txt"
    book.write_text(
        "#CLASS I.--DISORDERS OF THE GLANDS.#\n\n\n                #Sudamen.#\n"
        "   (_Synonym:_ Miliaria crystallina.)\n\n"
        "#What is sud[oe]men#?\n\nA disorder of\nthe _sweat-glands_.\n\n[Illustration: Fig. 6. A gland.]\n\n"
        "  [R] Pulv. ac. ........... gr. x\n\nWith the page's\n\f\nend it goes on.\n\nINDEX\n"
    )
    pages = plain_reader.read_file(book, keep)
    assert told(pages)[:6] == [
        ("heading", 1, "CLASS I.--DISORDERS OF THE GLANDS."), ("heading", 2, "Sudamen."),
        ("paragraph", 0, "(Synonym: Miliaria crystallina.)"), ("heading", 7, "What is sudœmen?"),
        ("paragraph", 0, "A disorder of the sweat-glands."), ("figure", 0, ""),
    ]  # fmt: skip
    assert told(pages)[6:] == [
        ("caption", 0, "Fig. 6. A gland."), ("verbatim", 0, "  [R] Pulv. ac. ........... gr. x"),
        ("paragraph", 0, "With the page's"), ("paragraph", 0, "end it goes on."), ("heading", 1, "INDEX"),
    ]  # fmt: skip
    assert [block.joins for block in pages[1].blocks] == [True, False]


def epub(path: Path, documents: dict[str, str], spine: list[str], extra: dict[str, bytes] | None = None) -> Path:
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in documents)
    refs = "".join(f'<itemref idref="{name}"/>' for name in spine)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
            '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        )
        book.writestr(
            "OPS/book.opf",
            f'<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><manifest>{items}</manifest>'
            f"<spine>{refs}</spine></package>",
        )
        for name, text in documents.items():
            body = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{text}</body></html>'
            book.writestr(f"OPS/{name}", body)
        for name, payload in (extra or {}).items():
            book.writestr(name, payload)
    return path


def test_an_epub_is_read_in_the_order_of_its_spine_with_its_images(tmp_path: Path):
    book = epub(
        tmp_path / "book.epub",
        {
            "two.xhtml": "<p>Second.</p>",
            "one.xhtml": "<h1>First</h1><p>On<span role='doc-pagebreak' id='page_8'/> it goes.</p>"
            "<img src='img/a%20b.png'/>",
        },
        ["one.xhtml", "two.xhtml"],
        {"OPS/img/a b.png": png()},
    )
    pages = epub_reader.read_file(book, keep)
    assert [(page.number, page.label) for page in pages] == [(1, ""), (2, "8"), (3, "8")]
    assert told(pages) == [
        ("heading", 1, "First"), ("paragraph", 0, "On"), ("paragraph", 0, "it goes."), ("figure", 0, ""),
        ("paragraph", 0, "Second."),
    ]  # fmt: skip
    assert pages[1].blocks[1].image == "figures/40x30.png"


def test_an_epub_that_is_broken_locked_or_incomplete_is_told(tmp_path: Path):
    (tmp_path / "a.epub").write_bytes(b"PK nonsense")
    with pytest.raises(RecordInvalid, match=r"a\.epub is not a whole EPUB"):
        epub_reader.read_file(tmp_path / "a.epub", keep)
    with pytest.raises(RecordInvalid, match=r"lost\.xhtml"):
        epub_reader.read_file(epub(tmp_path / "b.epub", {"one.xhtml": "x"}, ["lost.xhtml"]), keep)
    lock = b'<encryption><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></encryption>'
    locked = epub(tmp_path / "c.epub", {"one.xhtml": "x"}, ["one.xhtml"], {"META-INF/encryption.xml": lock})
    with pytest.raises(RecordInvalid, match="DRM"):
        epub_reader.read_file(locked, keep)


def docling() -> dict[str, object]:
    """A DoclingDocument as `export_to_dict` writes it (docling-core, schema 1.x), written by hand."""

    def text(place: int, label: str, words: str, page: int = 1, **more: object) -> dict[str, object]:
        box = {"l": 72.0, "t": 700.0 - 40 * place, "r": 300.0, "b": 690.0 - 40 * place, "coord_origin": "BOTTOMLEFT"}
        prov = [{"page_no": page, "bbox": box, "charspan": [0, len(words)]}]
        return {
            "self_ref": f"#/texts/{place}", "parent": {"$ref": "#/body"}, "children": [], "content_layer": "body",
            "label": label, "prov": prov, "orig": words, "text": words, **more,
        }  # fmt: skip

    texts = [
        text(0, "page_header", "DISEASES OF THE SKIN", content_layer="furniture"),
        text(1, "section_header", "Psoriasis", level=1),
        text(2, "text", PARAGRAPH),
        text(3, "list_item", "elbows"),
        text(4, "caption", "Fig. 1. Plaque."),
        text(5, "text", "It begins on one page"),
    ]
    texts[5]["prov"] = [
        {"page_no": 1, "bbox": None, "charspan": [0, 12]}, {"page_no": 2, "bbox": None, "charspan": [12, 21]},
    ]  # fmt: skip
    uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    picture = {
        "self_ref": "#/pictures/0", "label": "picture", "content_layer": "body", "children": [],
        "captions": [{"$ref": "#/texts/4"}], "image": {"mimetype": "image/png", "dpi": 72, "uri": uri},
        "prov": [{"page_no": 1, "bbox": {"l": 72, "t": 400, "r": 172, "b": 300, "coord_origin": "BOTTOMLEFT"}}],
    }  # fmt: skip
    cells = [[{"text": "scale"}, {"text": "silvery"}]]
    table = {
        "self_ref": "#/tables/0",
        "label": "table",
        "content_layer": "body",
        "children": [],
        "data": {"grid": cells},
    }
    order = ["texts/0", "texts/1", "texts/2", "groups/0", "pictures/0", "tables/0", "texts/5"]
    return {
        "schema_name": "DoclingDocument", "version": "1.3.0", "name": "book",
        "body": {"self_ref": "#/body", "children": [{"$ref": f"#/{name}"} for name in order]},
        "groups": [{"self_ref": "#/groups/0", "label": "list", "children": [{"$ref": "#/texts/3"}]}],
        "texts": texts, "pictures": [picture], "tables": [table],
        "pages": {"1": {"page_no": 1, "size": {"width": 612, "height": 792}}, "2": {"page_no": 2, "size": {}}},
    }  # fmt: skip


def test_a_docling_document_gives_the_same_records():
    pages = docling_adapter.pages(docling(), keep)
    assert told(pages) == [
        ("heading", 2, "Psoriasis"), ("paragraph", 0, PARAGRAPH), ("item", 0, "elbows"), ("figure", 0, ""),
        ("caption", 0, "Fig. 1. Plaque."), ("table", 0, "scale | silvery"), ("paragraph", 0, "It begins on"),
        ("paragraph", 0, "one page"),
    ]  # fmt: skip
    figure = next(block for block in pages[0].blocks if block.kind is BlockKind.FIGURE)
    assert (figure.box, figure.image) == ((72, 392, 172, 492), "figures/40x30.png")
    assert pages[1].blocks == (Block(BlockKind.PARAGRAPH, "one page", joins=True),)


def test_without_docling_only_its_saved_documents_are_read_and_others_are_told(tmp_path: Path):
    saved = tmp_path / "book.json"
    saved.write_text(json.dumps(docling()))
    assert len(docling_adapter.read_file(saved, keep)) == 2
    saved.write_text('{"schema_name": "other"}')
    with pytest.raises(RecordInvalid, match="not a DoclingDocument"):
        docling_adapter.read_file(saved, keep)
    with pytest.raises(ConfigInvalid, match="needs the package docling"):
        docling_adapter.read_file(tmp_path / "book.pdf", keep)


def test_a_file_that_is_missing_or_of_an_unknown_kind_is_told_before_anything_is_read(tmp_path: Path):
    (tmp_path / "book.docx").write_bytes(b"PK")
    for name, told_ in (("gone.pdf", "does not exist"), ("book.docx", "ends in none of")):
        with pytest.raises(ConfigInvalid, match=told_):
            reader_of(Book(path=str(tmp_path / name), title="Book", licence=""))
