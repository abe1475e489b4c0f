"""The one look: a calm, dark reading room.  Colours by meaning, and the style sheet of them."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

VIEWPORT = "#0b0d10"
PANEL = "#15181d"
RAISED = "#1b1f25"
LINE = "#2a3038"
HOVER = "#232932"
TEXT = "#d7dce2"
MUTED = "#8b93a0"
FAINT = "#7b8390"
FAULT = "#3a2a2a"
ACCENT = "#5aa9e6"
ON_ACCENT = "#0b1620"
ERROR = "#e06c6c"
WARNING = "#e0b15a"
NOTE = "#8fb3d1"
GOOD = "#7fbf8f"
ADDED = "#86c995"
REMOVED = "#e08a8a"

#: Where a statement came from, by the first word of its provenance.
PROVENANCE = {
    "vision": "#e0a458",
    "language": "#d98cc0",
    "template": "#9a8fbf",
    "header": "#6f8fa8",
    "measurement": "#5fb3a1",
    "prior": "#b0a27a",
    "import": "#9aa5b1",
    "rules": "#9aa5b1",
    "guideline": "#b5a3e0",
    "radiologist": "#e6eaef",
}

SEVERITY = {"error": ERROR, "warning": WARNING, "note": NOTE}

#: Colours of labels by the property "tone".
TONES = {
    **PROVENANCE,
    **SEVERITY,
    "text": TEXT,
    "muted": MUTED,
    "faint": FAINT,
    "unsupported": "#a5acb8",
}

_TONE_RULES = "\n".join(
    f'QLabel[tone="{name}"] {{ color: {colour}; }}' for name, colour in TONES.items()
)

_SHEET = f"""
* {{ outline: 0; }}
QWidget {{ background: {PANEL}; color: {TEXT}; }}
QMainWindow, QDialog {{ background: {PANEL}; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QMenuBar {{ background: {PANEL}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {HOVER}; }}
QMenu {{ background: {RAISED}; border: 1px solid {LINE}; padding: 4px; }}
QMenu::item {{ padding: 5px 26px 5px 14px; border-radius: 4px; }}
QMenu::item:disabled {{ color: {MUTED}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 4px 6px; }}
QStatusBar {{ background: {PANEL}; color: {MUTED}; border-top: 1px solid {LINE}; }}
QStatusBar::item {{ border: 0; }}
QSplitter::handle {{ background: {LINE}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QLabel {{ background: transparent; }}
QLabel[role="muted"] {{ color: {MUTED}; }}
QLabel[role="heading"] {{ color: {MUTED}; font-weight: 600; letter-spacing: 1px; }}
QLabel[role="title"] {{ font-size: 13pt; font-weight: 600; }}
QLabel[role="chip"] {{
    color: {MUTED}; border: 1px solid {LINE}; border-radius: 7px; padding: 0 6px;
}}
QLabel[role="small"], QLabel[role="chip"], QLabel[role="heading"] {{ font-size: 8.5pt; }}
QPushButton[role="chip"], QPushButton[role="small"] {{ font-size: 8.5pt; }}
QPushButton[role="small"] {{
    padding: 1px 7px; border-color: transparent; background: transparent; color: {MUTED};
}}
QPushButton[role="small"]:hover {{ color: {TEXT}; }}
{_TONE_RULES}
QPushButton, QToolButton {{
    background: {RAISED}; border: 1px solid {LINE}; border-radius: 5px; padding: 5px 12px;
}}
QPushButton:hover, QToolButton:hover {{ background: {HOVER}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {ACCENT}; }}
QPushButton:disabled, QToolButton:disabled {{ color: #565d68; }}
QPushButton[role="primary"] {{ background: {ACCENT}; color: {ON_ACCENT}; border-color: {ACCENT}; }}
QPushButton[role="primary"]:disabled {{
    background: {RAISED}; color: #565d68; border-color: {LINE};
}}
QPushButton[role="chip"], QToolButton[role="chip"] {{
    padding: 0 7px; border-radius: 8px; color: {ACCENT}; background: transparent;
}}
QPushButton[role="quiet"], QToolButton[role="quiet"] {{
    padding: 1px 7px; border-color: transparent; background: transparent; color: {MUTED};
}}
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover {{ color: {TEXT}; }}
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {{
    background: {VIEWPORT}; border: 1px solid {LINE}; border-radius: 5px; padding: 5px 7px;
    selection-background-color: {ACCENT}; selection-color: {ON_ACCENT};
}}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus {{
    border-color: {ACCENT};
}}
QAbstractSpinBox QLineEdit {{ background: transparent; border: 0; padding: 0 7px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: 0; }}
QLineEdit:disabled, QPlainTextEdit:disabled, QAbstractSpinBox:disabled {{
    background: {PANEL}; color: {MUTED};
}}
QCheckBox::indicator {{
    width: 14px; height: 14px; border: 1px solid {MUTED}; border-radius: 3px;
    background: {VIEWPORT};
}}
QCheckBox::indicator:focus {{ border-color: {ACCENT}; }}
QCheckBox::indicator:checked {{ background: {ACCENT}; border-color: {ACCENT}; }}
QCheckBox::indicator:disabled {{ border-color: {LINE}; background: {PANEL}; }}
QCheckBox::indicator:checked:disabled {{ background: {MUTED}; }}
QLineEdit {{ placeholder-text-color: {FAINT}; }}
QLineEdit[role="new"] {{
    background: transparent; border-color: transparent; margin-left: 34px; padding: 2px 4px;
}}
QLineEdit[role="new"]:focus {{ background: {VIEWPORT}; border-color: {ACCENT}; }}
QTreeView, QListView, QTableView {{
    background: {PANEL}; border: 0; alternate-background-color: {RAISED};
}}
QTreeView::item, QListView::item {{ padding: 3px; border-radius: 4px; }}
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected {{
    background: #24405a; color: {TEXT};
}}
QHeaderView::section {{ background: {PANEL}; color: {MUTED}; border: 0; padding: 4px; }}
QScrollArea {{ border: 0; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar::handle:vertical {{ background: #343b45; border-radius: 4px; min-height: 28px; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: #343b45; border-radius: 4px; min-width: 28px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSlider::groove:vertical {{ background: {LINE}; width: 4px; border-radius: 2px; }}
QSlider::handle:vertical {{
    background: {MUTED}; height: 16px; margin: 0 -5px; border-radius: 4px;
}}
QSlider::handle:vertical:hover {{ background: {ACCENT}; }}
QProgressBar {{
    background: {RAISED}; border: 1px solid {LINE}; border-radius: 4px; text-align: center;
    max-height: 14px;
}}
QProgressBar::chunk {{ background: {ACCENT}; border-radius: 3px; }}
"""


def apply_theme(app: QApplication, scale: float = 1.0) -> None:
    """Give the whole application the look.

    :param scale: size of text and controls, 1.0 for 10.5 points.
    """
    app.setStyle("Fusion")
    font = QFont("DejaVu Sans")
    font.setFamilies(["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans", "sans-serif"])
    font.setPointSizeF(10.5 * scale)
    app.setFont(font)
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, PANEL),
        (QPalette.ColorRole.Base, VIEWPORT),
        (QPalette.ColorRole.AlternateBase, RAISED),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Button, RAISED),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.Highlight, ACCENT),
        (QPalette.ColorRole.HighlightedText, ON_ACCENT),
        (QPalette.ColorRole.PlaceholderText, MUTED),
        (QPalette.ColorRole.Link, ACCENT),
    ):
        palette.setColor(role, QColor(colour))
    app.setPalette(palette)
    app.setStyleSheet(_SHEET)
