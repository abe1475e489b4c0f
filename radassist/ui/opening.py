"""Opening under way: one image at once, and everything when all headers are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from radassist.domain.study import Frame, OpenResult
from radassist.errors import Fault
from radassist.ports import CancelToken, Progress
from radassist.ui.services import Services
from radassist.ui.tasks import Task, Tasks
from radassist.workflow.study_choice import Subject, subjects

#: What was opened, and the studies to report on, which take a while to find among many files.
Opened = Callable[[OpenResult, list[Subject]], None]


class Opening:
    """One opening at a time; what a slower earlier one answers is dropped.

    ``glimpse`` is the image that is on the screen while the other headers are read, else None.
    """

    def __init__(self, services: Services, tasks: Tasks) -> None:
        self._services, self._tasks = services, tasks
        self._task: Task | None = None
        self.glimpse: Frame | None = None

    def start(
        self,
        paths: Sequence[Path],
        glimpsed: Opened,
        opened: Opened,
        failed: Callable[[Fault], None],
    ) -> None:
        """Open paths.

        :param glimpsed: gets one image of them, unless everything is there before it.
        """
        if self._task is not None:
            self._task.cancel()
        todo = list(paths)

        def work(progress: Progress, cancel: CancelToken) -> tuple[OpenResult, list[Subject]]:
            result = self._services.open(todo, progress, cancel)
            return result, subjects(result, todo)

        def whole(found: tuple[OpenResult, list[Subject]]) -> None:
            self._task = None
            opened(*found)
            self.glimpse = None

        def broken(fault: Fault) -> None:
            self._task = None
            failed(fault)

        def one(result: OpenResult | None) -> None:
            if result is not None and task is self._task:
                glimpsed(result, subjects(result, todo))
                self.glimpse = result.studies[0].series[0].frames[0]

        # Asked for first, so that its header is the first that a worker reads.  What is wrong with
        # the files is said by the opening itself.
        self._tasks.run(
            "decode", lambda _p, cancel: self._services.glimpse(todo, cancel), one, lambda _: None
        )
        task = self._task = self._tasks.run("engine", work, whole, broken, "Opening")

    def ended_by_cancel(self, task: Task) -> bool:
        """True where the opening under way was cancelled, which is over now."""
        if task is not self._task or not task.cancelled():
            return False
        self._task = None
        return True

    def take_back(self) -> bool:
        """The image that was shown is all that there will be: forget it; False without one."""
        had, self.glimpse = self.glimpse is not None, None
        return had
