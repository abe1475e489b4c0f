"""Fonts of the PDF: DejaVu and, where the system has them, fonts with the letters that it lacks.

All are embedded.  The Asian fonts that PDF readers may bring along are not counted on: a reader
without them leaves the letters out, and a name that is not there is worse than one in boxes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from radassist.render.scripts import font_runs, visual

_FOLDERS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu")
_LATIN_ONLY = "The PDF shows Latin letters only: install the DejaVu fonts for other scripts."
#: TrueType fonts with Chinese, Japanese, Korean or Thai letters, where systems keep them.
_MORE_FONTS = (
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/nanum/NanumGothic.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/tlwg/Garuda.ttf",
    "C:/Windows/Fonts/msgothic.ttc",
    "C:/Windows/Fonts/malgun.ttf",
    "C:/Windows/Fonts/simsun.ttc",
    "C:/Windows/Fonts/leelawui.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
)


@cache
def base_fonts() -> tuple[str, str]:
    """(regular, bold): a Unicode font where the system has one, else the built-in Latin one."""
    for folder in _FOLDERS:
        try:
            pdfmetrics.registerFont(TTFont("Body", f"{folder}/DejaVuSans.ttf"))
            pdfmetrics.registerFont(TTFont("Body-Bold", f"{folder}/DejaVuSans-Bold.ttf"))
        except (TTFError, OSError):
            continue
        pdfmetrics.registerFontFamily("Body", normal="Body", bold="Body-Bold")
        return "Body", "Body-Bold"
    return "Helvetica", "Helvetica-Bold"


class Letters:
    """Turns text into ReportLab's markup, and keeps account of what could not be shown."""

    def __init__(self) -> None:
        self._base, _ = base_fonts()
        self._fonts = _font_tests(self._base)
        self._missing: list[str] = []

    def markup(self, text: str) -> str:
        """Escaped text in drawing order, each run in a font that has its letters."""
        pieces = []
        for font, run in font_runs(visual(text), self._fonts):
            if font == self._base:
                has = self._fonts[0][1]
                self._missing += [_script(c) for c in run if not has(c)]
                pieces.append(escape(run))
            else:
                pieces.append(f'<font name="{font}">{escape(run)}</font>')
        return "".join(pieces)

    def notes(self) -> list[str]:
        """Sentences about what the PDF does not show."""
        if not self._missing:
            return []
        if self._base == "Helvetica":
            return [_LATIN_ONLY]
        scripts = ", ".join(sorted(set(self._missing)))
        return [f"The PDF cannot show some characters ({scripts}); report.txt holds them."]


@cache
def _font_tests(base: str) -> list[tuple[str, Callable[[str], bool]]]:
    return [(name, _has(name)) for name in (base, *_more_fonts())]


@cache
def _more_fonts() -> tuple[str, ...]:
    names = []
    for number, path in enumerate(_MORE_FONTS):
        try:
            pdfmetrics.registerFont(TTFont(f"More-{number}", path))
        except (TTFError, OSError):
            continue  # not on this system, or with outlines that ReportLab cannot embed
        names.append(f"More-{number}")
    return tuple(names)


def _has(font: str) -> Callable[[str], bool]:
    """Whether a font has a character."""
    if font == "Helvetica":
        return _is_latin
    glyphs = pdfmetrics.getFont(font).face.charToGlyph
    return lambda character: ord(character) in glyphs or character.isspace()


def _is_latin(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _script(character: str) -> str:
    """The first word of a character's Unicode name, such as "Thai"."""
    return unicodedata.name(character, "unnamed").split()[0].capitalize()
