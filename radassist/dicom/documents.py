"""Encapsulated documents (PS3.3 A.45): PDF as text by page, CDA as its words, and their bytes."""

from __future__ import annotations

import io
import re
from xml.parsers import expat

from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.dicom.text import clean_lines
from radassist.domain.companions import Document, DocumentLine

#: A document of more bytes is listed but not read.
_MAX_BYTES = 64 * 1024**2
_MAX_PAGES = 300
_MAX_TEXT = 2_000_000
_EXPORT = "Export the document and read it with another program."


def read_document(dataset: Dataset) -> Document:
    """An encapsulated document, with its text where that can be read."""
    title = elements.text(dataset, "DocumentTitle") or "Document"
    media_type = elements.text(dataset, "MIMETypeOfEncapsulatedDocument").lower()
    content = elements.value(dataset, "EncapsulatedDocument")
    if not isinstance(content, bytes) or not content:
        return Document(title, (), media_type, b"", ("The document is empty or damaged.",))
    length = elements.integer(dataset, "EncapsulatedDocumentLength")
    content = content[:length] if length and 0 < length < len(content) else content
    if len(content) > _MAX_BYTES:
        size = f"{len(content) / 1e6:.0f} MB"
        return Document(title, (), media_type, b"", (f"The document is too large ({size}).",))
    if content.startswith(b"%PDF") or media_type == "application/pdf":
        lines, notes = _pdf(content)
        return Document(title, lines, "application/pdf", content, notes)
    lines, notes = _xml(content)
    return Document(title, lines, media_type, content, notes)


def _pdf(content: bytes) -> tuple[tuple[DocumentLine, ...], tuple[str, ...]]:
    """The text of each page; a scanned page has none, and that is said."""
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        return (), (f"The text of PDF documents cannot be read on this installation. {_EXPORT}",)
    broken = (PyPdfError, *elements.ODD_VALUE, OSError, AssertionError)
    try:
        pages = PdfReader(io.BytesIO(content)).pages
        count = len(pages)
    except broken:
        return (), (f"The PDF is damaged or encrypted. {_EXPORT}",)
    lines, silent, length = [], 0, 0
    for number in range(min(count, _MAX_PAGES)):
        try:
            text = clean_lines(pages[number].extract_text(), _MAX_TEXT)
        except broken:
            text = ""
        silent += not text
        length += len(text)
        lines.append(DocumentLine(0, f"Page {number + 1}", text or "(no text on this page)"))
        if length > _MAX_TEXT:
            break
    return tuple(lines), _notes(count, len(lines), silent)


def _notes(count: int, read: int, silent: int) -> tuple[str, ...]:
    notes = []
    if read < count:
        notes.append(f"Only {read} of {count} pages are shown. {_EXPORT}")
    if silent:
        noun = "page has" if silent == 1 else "pages have"
        notes.append(f"{silent} {noun} no text and may be scanned. {_EXPORT}")
    return tuple(notes)


def _xml(content: bytes) -> tuple[tuple[DocumentLine, ...], tuple[str, ...]]:
    """The words of a CDA document; entities that it defines itself are refused (they can swell)."""
    words: list[str] = []
    parser = expat.ParserCreate()
    parser.CharacterDataHandler = words.append
    parser.EndElementHandler = lambda _name: words.append("\n")
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError):
        return (), (f"The document cannot be read here. {_EXPORT}",)
    text = re.sub(r"\n\s*\n+", "\n", clean_lines("".join(words)[:_MAX_TEXT]))
    return tuple(DocumentLine(0, "", line) for line in text.split("\n") if line), ()


def _refuse(*_: object) -> None:
    raise ValueError("entity declarations are not read")
