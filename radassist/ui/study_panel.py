"""The list of what is open: patient, study, series with thumbnails, and files not opened."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QFocusEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStackedLayout,
    QStyle,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from radassist.domain.companions import Companion
from radassist.domain.study import OpenResult, RejectedFile, Series, Study
from radassist.ui import theme
from radassist.ui.drops import dropped_paths
from radassist.ui.plain import safe_tip
from radassist.ui.study_panel_companions import add_companion
from radassist.ui.study_panel_rows import CAPTION, COUNT, PICTURE, WARNED, RowDelegate
from radassist.ui.study_panel_state import (
    PatientRow,
    SeriesKey,
    SeriesRow,
    merged,
    orphans,
    patients,
    rejected_title,
    series_in_order,
)
from radassist.ui.tasks import Tasks
from radassist.ui.thumbnails import Thumbnails
from radassist.ui.viewport_frames import Decode
from radassist.viewer.text import person_name, plain

#: More rows than this are told as a number: a folder of photographs must not fill the window.
_MOST_REJECTED = 500


class _SeriesTree(QTreeWidget):
    """A tree in which the keyboard moves from series to series, past the headings."""

    def moveCursor(
        self, move: QAbstractItemView.CursorAction, held: Qt.KeyboardModifier
    ) -> QModelIndex:
        start = self.currentIndex()
        found = super().moveCursor(move, held)
        actions = QAbstractItemView.CursorAction
        up = move in (actions.MoveUp, actions.MovePageUp, actions.MoveHome,
                      actions.MovePrevious)  # fmt: skip
        step = self.indexAbove if up else self.indexBelow
        while found.isValid() and found.data(COUNT) is None:
            found = step(found)
        return found if found.isValid() else start

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The focus alone chooses nothing: Qt would make the first row the current one, and that
        would draft a report on a study that nobody has asked for."""
        if self.currentItem() is not None:
            super().focusInEvent(event)
            return
        self.blockSignals(True)
        super().focusInEvent(event)
        self.setCurrentIndex(QModelIndex())
        self.blockSignals(False)


class StudyPanel(QWidget):
    """Patients, studies and series.

    Signals: ``series_chosen(Study, Series)`` when the user moves to a series by mouse or keyboard;
    ``companion_chosen(Companion)`` when one is clicked or Enter is pressed on it;
    ``paths_dropped(list[Path])``.
    """

    series_chosen = Signal(object, object)
    companion_chosen = Signal(object)
    paths_dropped = Signal(list)

    def __init__(self, tasks: Tasks, decode: Decode, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.result = OpenResult(())
        self._rows: tuple[PatientRow, ...] = ()
        self._items: dict[SeriesKey, QTreeWidgetItem] = {}
        self._series: dict[SeriesKey, SeriesRow] = {}
        self._thumbnails = Thumbnails(tasks, decode, self)
        self._thumbnails.arrived.connect(self._picture_arrived)
        self._build()
        self.setAcceptDrops(True)
        self._show_rejected()

    def _build(self) -> None:
        self.tree = _SeriesTree(self)
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(0)
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(False)
        self.tree.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setItemDelegate(RowDelegate(self.tree))
        self.tree.setAccessibleName("Studies and series")
        self.tree.setItemsExpandable(False)
        self.tree.currentItemChanged.connect(self._moved)
        self.tree.itemActivated.connect(self._activated)
        self.tree.itemClicked.connect(self._clicked)
        self._hint = QLabel("No study open.\n\nDrop a folder, files or a zip here.", self)
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setProperty("role", "muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._hint.setMargin(12)
        holder = QWidget(self)
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self._hint)
        self._stack.addWidget(self.tree)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(holder, 1)
        layout.addWidget(self._build_rejected())
        self.setMinimumWidth(190)
        self.setFocusProxy(self.tree)

    def _build_rejected(self) -> QWidget:
        self.rejected_header = QToolButton(self)
        self.rejected_header.setCheckable(True)
        self.rejected_header.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred
        )
        self.rejected_header.setProperty("role", "quiet")
        self.rejected_header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.rejected_header.toggled.connect(self._fold)
        self.rejected_list = QListWidget(self)
        self.rejected_list.setAccessibleName("Files that were not opened")
        self.rejected_list.setWordWrap(True)
        self.rejected_list.setMaximumHeight(170)
        self.rejected_list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rejected = QFrame(self)
        self._rejected.setObjectName("rejected")
        self._rejected.setStyleSheet(f"#rejected {{ border-top: 1px solid {theme.LINE}; }}")
        box = QVBoxLayout(self._rejected)
        box.setContentsMargins(6, 4, 6, 4)
        box.setSpacing(2)
        box.addWidget(self.rejected_header)
        box.addWidget(self.rejected_list)
        return self._rejected

    # --- content ------------------------------------------------------------------------------

    def show_result(self, result: OpenResult) -> None:
        """List what was opened; nothing is chosen by itself."""
        chosen = self.current()
        self.result = result
        self._rows = patients(result)
        self._fill()
        self._show_rejected()
        if chosen is not None:
            self.select(chosen[1])

    def add_result(self, result: OpenResult) -> None:
        """List more beside what is open, such as a prior."""
        self.show_result(merged(self.result, result))

    def clear(self) -> None:
        """Nothing is open."""
        self._thumbnails.clear()
        self.show_result(OpenResult(()))

    def current(self) -> tuple[Study, Series] | None:
        """The series that is chosen."""
        item = self.tree.currentItem()
        row = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        return (row.study, row.series) if isinstance(row, SeriesRow) else None

    def select(self, series: Series) -> bool:
        """Mark a series as the shown one, without a signal; False where it is not listed."""
        item = self._items.get((series.series_instance_uid, series.part))
        if item is None:
            return False
        self.tree.blockSignals(True)
        self.tree.setCurrentItem(item)
        study = item.parent()
        patient = study.parent() if study is not None else None
        if patient is not None:
            self.tree.scrollToItem(patient)  # whose series it is, is seen with it
        self.tree.scrollToItem(item)
        self.tree.blockSignals(False)
        self.tree.viewport().update()
        return True

    def step(self, steps: int) -> bool:
        """Choose the next (1) or previous (-1) series; False at the ends."""
        order = series_in_order(self._rows)
        chosen = self.current()
        keys = [row.key for row in order]
        here = -1
        if chosen is not None:
            here = keys.index((chosen[1].series_instance_uid, chosen[1].part))
        there = here + steps if here >= 0 else 0
        if not 0 <= there < len(order):
            return False
        self.tree.setCurrentItem(self._items[keys[there]])
        return True

    def series_count(self) -> int:
        """How many series are listed."""
        return len(self._items)

    def _fill(self) -> None:
        self.tree.blockSignals(True)
        self.tree.clear()
        self._items.clear()
        self._series.clear()
        for patient in self._rows:
            head = _heading(self.tree, patient.title, patient.caption)
            for study in patient.studies:
                row = _heading(head, study.title, study.caption)
                for series in study.series:
                    self._add_series(row, series)
                for companion in study.companions:
                    add_companion(row, companion)
        heads: dict[tuple[str, str], QTreeWidgetItem] = {}
        for companion in orphans(self.result):
            who = person_name(companion.patient_name) or "No name", plain(companion.patient_id)
            if who not in heads:
                heads[who] = _heading(self.tree, *who)
            add_companion(heads[who], companion)
        self.tree.expandAll()
        self.tree.blockSignals(False)
        self._stack.setCurrentIndex(1 if self.tree.topLevelItemCount() else 0)

    def _add_series(self, parent: QTreeWidgetItem, row: SeriesRow) -> None:
        item = QTreeWidgetItem(parent)
        item.setData(0, Qt.ItemDataRole.UserRole, row)
        item.setText(0, row.title)
        item.setData(0, CAPTION, row.caption)
        item.setData(0, COUNT, row.count)
        item.setData(0, WARNED, bool(row.warnings))
        item.setData(0, PICTURE, self._thumbnails.get(row.key))
        said = ". ".join((row.title, row.caption, row.count, *row.warnings))
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, said)
        said_first = (row.title, row.caption, row.count)
        item.setToolTip(0, safe_tip("\n".join((*said_first, *row.warnings))))
        self._items[row.key] = item
        self._series[row.key] = row
        self._thumbnails.want(row.key, row.series)

    def _picture_arrived(self, key: SeriesKey) -> None:
        item = self._items.get(key)
        if item is None:
            return
        item.setData(0, PICTURE, self._thumbnails.get(key))
        fault = self._thumbnails.fault(key)
        if fault:
            row = self._series[key]
            item.setData(0, WARNED, True)
            item.setToolTip(0, safe_tip("\n".join((row.title, row.caption, fault))))

    def _moved(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None) -> None:
        row = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        if isinstance(row, SeriesRow):
            self.series_chosen.emit(row.study, row.series)

    def _clicked(self, item: QTreeWidgetItem) -> None:
        """One click opens a companion; where the platform activates by one click, once only."""
        hint = QStyle.StyleHint.SH_ItemView_ActivateItemOnSingleClick
        if not self.style().styleHint(hint, None, self.tree):
            self._activated(item)

    def _activated(self, item: QTreeWidgetItem) -> None:
        companion = item.data(0, Qt.ItemDataRole.UserRole)
        if isinstance(companion, Companion):
            self.companion_chosen.emit(companion)

    # --- files not opened ---------------------------------------------------------------------

    def _show_rejected(self) -> None:
        rejected = self.result.rejected
        self._rejected.setVisible(bool(rejected))
        self.rejected_list.clear()
        worst_first = sorted(rejected, key=lambda r: r.severity != "error")
        for file in worst_first[:_MOST_REJECTED]:
            self.rejected_list.addItem(_rejected_item(file))
        if len(rejected) > _MOST_REJECTED:
            self.rejected_list.addItem(f"… and {len(rejected) - _MOST_REJECTED} more")
        broken = any(r.severity == "error" for r in rejected)
        self.rejected_header.setChecked(broken)
        self._fold(broken)

    def _fold(self, opened: bool) -> None:
        self.rejected_list.setVisible(opened)
        self.rejected_header.setText(rejected_title(self.result.rejected))
        arrow = Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow
        self.rejected_header.setArrowType(arrow)

    # --- drag and drop ------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.paths_dropped.emit(paths)


def _heading(parent: QTreeWidget | QTreeWidgetItem, title: str, caption: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem(parent)
    item.setText(0, title)
    item.setData(0, CAPTION, caption)
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{title}. {caption}")
    item.setToolTip(0, safe_tip("\n".join(t for t in (title, caption) if t)))
    item.setFlags(Qt.ItemFlag.ItemIsEnabled)
    return item


def _rejected_item(file: RejectedFile) -> QListWidgetItem:
    item = QListWidgetItem(f"{plain(file.path.name, 60)}\n{plain(file.reason, 300)}")
    colour = theme.ERROR if file.severity == "error" else theme.MUTED
    item.setForeground(QColor(colour))
    item.setToolTip(safe_tip(str(file.path)))
    return item
