"""Settings, the check of this machine and the administrator's page: dialogs beside the job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QApplication

from radassist.settings import Settings
from radassist.ui.machine_dialog import MachineDialog, MachineServices
from radassist.ui.main_window import MainWindow
from radassist.ui.settings_dialog import SettingsDialog
from radassist.ui.text_pane import TextPane
from radassist.ui.theme import apply_theme


class AdministrationServices(MachineServices, Protocol):
    """What these dialogs ask the program for."""

    def settings(self) -> Settings:
        """As they are stored, under the policy."""

    def save(self, settings: Settings) -> None:
        """Store settings; what can act at once does."""

    def checked(self) -> bool:
        """True once the check of this machine has been shown."""

    def remember_checked(self) -> None:
        """It has been shown."""

    def demo_study(self) -> Path:
        """The sample study."""


class Administration:
    """Adds its actions to a window.

    :param page: text of the administrator's page.
    """

    def __init__(
        self, window: MainWindow, services: AdministrationServices, page: str = ""
    ) -> None:
        self._window, self._services, self._page = window, services, page
        self._machine: MachineDialog | None = None
        window.add_handlers(self.handlers())

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Action id -> what does it."""
        return {
            "app.settings": self.open_settings,
            "help.machine": self.open_machine,
            "help.administration": self.open_page,
        }

    def open_settings(self) -> None:
        """Ask for settings and store them."""
        dialog = SettingsDialog(self._services.settings(), self._window)
        dialog.accepted.connect(lambda: self._save(dialog.result_settings()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, settings: Settings) -> None:
        def saved(_: None) -> None:
            app = QApplication.instance()
            if isinstance(app, QApplication):
                apply_theme(app, settings.interface_scale)
            self._window.statusBar().showMessage("Settings saved.", 5000)
            self._window.desk.refresh_system()

        self._window.tasks.run(
            "record",
            lambda _p, _c: self._services.save(settings),
            saved,
            self._window.faults.show_fault,
        )

    def open_machine(self) -> MachineDialog:
        """Show the check of this machine and start it.

        There is one dialog, which is hidden and not deleted: a pack that is being installed while
        it closes still tells it how that ended.
        """
        if self._machine is None:
            dialog = MachineDialog(self._services, self._window.tasks, self._window)
            dialog.demo_asked.connect(self._open_demo)
            dialog.pack_installed.connect(lambda _: self._window.desk.refresh_system())
            self._machine = dialog
        if not self._machine.isVisible():
            self._machine.show()
            self._machine.start()
        self._machine.activateWindow()
        return self._machine

    def open_machine_once(self) -> None:
        """Show it at the first start, and remember that."""
        if self._services.checked():
            return
        self.open_machine()
        self._window.tasks.run(
            "record",
            lambda _p, _c: self._services.remember_checked(),
            lambda _: None,
            self._window.faults.show_fault,
        )

    def _open_demo(self) -> None:
        self._window.desk.open([self._services.demo_study()])

    def open_page(self) -> None:
        """The administrator's page."""
        TextPane("Administration", self._page, self._window, columns=(30,)).exec()
