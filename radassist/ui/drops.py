"""Files dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def dropped_paths(mime: QMimeData) -> list[Path]:
    """Local files and folders of a drag; empty where it carries none."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
