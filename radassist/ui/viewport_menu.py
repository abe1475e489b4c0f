"""The menu of an image, and the presets of the shown modality by their names."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from radassist.ui.viewport_grid import ViewportGrid

#: Actions in the menu of an image, in groups.
_GROUPS = (
    ("view.fit", "view.actual_size", "view.reset", "view.invert"),
    ("view.overlay", "view.calipers", "view.text"),
)


def name_presets(actions: Mapping[str, QAction], viewport: ViewportGrid) -> None:
    """Give the number keys' actions the names that they have for the shown modality.

    Keys without a preset are hidden, so that no menu offers what would do nothing.
    """
    found = viewport.presets()
    for number in range(1, 10):
        action = actions[f"view.preset_{number}"]
        named = number <= len(found)
        action.setText(found[number - 1].name if named else f"Preset {number}")
        action.setVisible(named)


def image_menu(actions: Mapping[str, QAction], viewport: ViewportGrid, parent: QWidget) -> QMenu:
    """What a right click on an image offers: the very actions of the menu bar."""
    name_presets(actions, viewport)
    menu = QMenu(parent)
    presets = menu.addMenu("Window/level")
    for number in range(1, len(viewport.presets()) + 1):
        presets.addAction(actions[f"view.preset_{number}"])
    for group in _GROUPS:
        menu.addSeparator()
        for action_id in group:
            menu.addAction(actions[action_id])
    return menu
