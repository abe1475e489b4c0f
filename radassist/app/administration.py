"""What the dialogs of settings and of the machine ask for, over a workbench."""

from __future__ import annotations

from pathlib import Path

from radassist.app.machine import keep_threads, machine_facts, measure
from radassist.app.workbench import Workbench
from radassist.library.samples import sample_path
from radassist.ports import CancelToken, Progress
from radassist.settings import Settings, describe, load_settings, save_settings, with_values
from radassist.workflow.speed import Fact, Speed


class WorkbenchAdministration:
    """``ui.administration.AdministrationServices`` over a workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def settings(self) -> Settings:
        """As they are stored, under the policy."""
        return load_settings(self._bench.paths.settings_file, self._bench.policy)

    def save(self, settings: Settings) -> None:
        """Store settings; the audit log gets the names of what changed."""
        before = self.settings()
        names = [
            option.name
            for option in describe()
            if getattr(before, option.name) != getattr(settings, option.name)
        ]
        save_settings(settings, self._bench.paths.settings_file)
        if names:
            self._bench.record("settings.change", "settings", {"names": names})

    def checked(self) -> bool:
        """True once the check of this machine has been shown."""
        return self.settings().machine_checked

    def remember_checked(self) -> None:
        """It has been shown."""
        settings = self.settings()
        if not settings.why_locked("machine_checked"):
            self.save(with_values(settings, machine_checked=True))

    def demo_study(self) -> Path:
        """The sample study."""
        return sample_path()

    def facts(self) -> list[Fact]:
        """Processor, memory, disk, microphone, acceleration."""
        return list(machine_facts(self._bench))

    def measure(self, progress: Progress, cancel: CancelToken) -> tuple[Speed, str]:
        """Measure the packs and store the number of threads that suits this machine."""
        speed = measure(self._bench, progress, cancel)
        return speed, keep_threads(self._bench, speed)

    def install(self, path: Path, progress: Progress, cancel: CancelToken) -> str:
        """Install a pack that was carried by hand; recorded."""
        pack = self._bench.registry.install(path, progress, cancel)
        self._bench.record("pack.install", pack.ref, {"files": pack.hashes()})
        return pack.ref
