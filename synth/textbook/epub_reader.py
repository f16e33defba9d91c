"""EPUB -> pages: the documents of the spine in their order, read as HTML (EPUB 3.3, https://www.w3.org/TR/epub-33/)."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from kg_service.core.errors import RecordInvalid

from . import html_reader
from .records import Keep, Page

_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_LARGEST = 1 << 28  # bytes that one member may unpack to


def read_file(path: Path, keep: Keep) -> list[Page]:
    """The pages of a book. Each document of the spine begins a page, and so does each page mark inside one.

    Raises:
        RecordInvalid: the file is no EPUB, is encrypted, or lacks a document that its spine names.
    """
    try:
        with zipfile.ZipFile(path) as book:
            return _pages(path, book, keep)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ElementTree.ParseError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise RecordInvalid(f"{path} is not a whole EPUB: {error}") from error


def _pages(path: Path, book: zipfile.ZipFile, keep: Keep) -> list[Page]:
    members = set(book.namelist())
    if "META-INF/encryption.xml" in members:
        _refuse_locked(path, book)
    pages: list[Page] = []
    for name in _spine(path, book):
        if name not in members:
            raise RecordInvalid(f"{path}: its spine names {name}, which the file does not hold")

        def fetch(link: str, base: str = name) -> bytes | None:
            wanted = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(link.split("#")[0])))
            return _member(path, book, wanted) if wanted in members else None

        label = pages[-1].label if pages else ""
        pages += html_reader.read(_member(path, book, name), fetch, keep, first=len(pages) + 1, label=label)
    return pages


def _spine(path: Path, book: zipfile.ZipFile) -> list[str]:
    """The names of the documents that make up the book, in reading order."""
    try:
        container = ElementTree.fromstring(_member(path, book, "META-INF/container.xml"))
        rootfile = next(container.iterfind(".//{*}rootfile")).attrib["full-path"]
        package = ElementTree.fromstring(_member(path, book, rootfile))
    except (KeyError, StopIteration) as error:
        raise RecordInvalid(f"{path}: META-INF/container.xml names no package document") from error
    folder = posixpath.dirname(rootfile)
    held = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
    names = []
    for ref in package.iterfind("{*}spine/{*}itemref"):
        item = held.get(ref.get("idref"))
        if item is None:
            raise RecordInvalid(f"{path}: its spine names the id {ref.get('idref')!r}, which its manifest lacks")
        wanted = "html" in (item.get("media-type") or "") and "nav" not in (item.get("properties") or "").split()
        if wanted and ref.get("linear") != "no":
            names.append(posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or ""))))
    return names


def _member(path: Path, book: zipfile.ZipFile, name: str) -> bytes:
    if book.getinfo(name).file_size > _LARGEST:
        raise RecordInvalid(f"{path}: {name} unpacks to more than {_LARGEST >> 20} MiB")
    return book.read(name)


def _refuse_locked(path: Path, book: zipfile.ZipFile) -> None:
    """Fonts may be obscured, which does not concern us; anything else encrypted means that the text is."""
    tree = ElementTree.fromstring(book.read("META-INF/encryption.xml"))
    ways = [method.get("Algorithm", "") for method in tree.iterfind(".//{*}EncryptionMethod")]
    if any(way not in _FONTS for way in ways):
        raise RecordInvalid(f"{path} is encrypted (DRM); give an unprotected copy")
