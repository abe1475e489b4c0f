"""The archive: opens paths and decodes frames in worker processes.

Header parsing and pixel decoding both run in child processes (``radassist.host``), because the
codecs hold Python's global lock for their whole decode and because files are hostile: a crash
costs one message.  Pixels come back through shared memory that this side makes and frees.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import UID

from radassist.dicom.block import BlockRequest
from radassist.dicom.codecs import missing_decoder
from radassist.dicom.glimpse import first_files
from radassist.dicom.grouping import group
from radassist.dicom.header import DirectoryHeader, HeaderResult, ImageHeader, NativePlace
from radassist.dicom.picture import PICTURE_CLASS, picture_study
from radassist.dicom.sharing import free, make_room
from radassist.dicom.sources import MAX_FILES, Sources, directory_members, find_files, soften
from radassist.dicom.unzip import Unpacker
from radassist.dicom.volume import Fillers, read_volume
from radassist.dicom.worker import DecodeAnswer, DecodeRequest
from radassist.domain.companions import Companion
from radassist.domain.study import Frame, OpenResult, RejectedFile, Series, Study
from radassist.domain.volume import Volume
from radassist.errors import Cancelled, DeadlineExceeded, EngineFault, Fault
from radassist.host.process import Host
from radassist.ports import CancelToken, Content, DecodedFrame, NothingOpened, Progress

#: Files that are looked into for a first image.
_GLIMPSES = 6
#: Files per request: few enough that a first image is not kept waiting behind them; and requests
#: that each worker holds, so that it need not wait for the next one.
_CHUNK, _HELD = 12, 2
#: Seconds for one request: a chunk of files first, then each by itself where the chunk failed, so
#: that no file holds up more than 15 s.
_CHUNK_DEADLINE_S, _FILE_DEADLINE_S, _DEADLINE_S = 6.0, 8.0, 14.0
#: A worker needs its libraries (about 1 GB of address space) and one large frame, several times.
_WORKER_MEMORY = 12 * 1024**3


class DicomArchive:
    """Implements ``ports.Archive``.

    :param workers: decoder processes; they start when they are first needed.
    :param unpack_to: folder for private folders of unpacked zips; the system's by default.
    """

    def __init__(self, workers: int = 2, *, unpack_to: Path | None = None) -> None:
        self._hosts = [
            Host(
                "radassist.dicom.worker:create",
                name="image decoder",
                memory_limit=_WORKER_MEMORY,
            )
            for _ in range(workers)
        ]
        self._busy = [0] * workers
        self._busy_lock = threading.Lock()
        self._unpacker = Unpacker(unpack_to)
        self._native: dict[Path, NativePlace] = {}

    def start(self, *, wait_s: float = 0.0) -> None:
        """Start the workers before they are needed; returns at once, or when they are ready."""
        ready: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for host in self._hosts:
            host.submit("headers", [], deadline_s=60.0, done=ready.put)
        if wait_s:
            for _ in self._hosts:
                ready.get(timeout=wait_s)

    # --- open ----------------------------------------------------------------------------------

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        """Read headers and group them into patient, study and series.

        :param paths: folders (read with all below), DICOM files, DICOMDIRs, zips, or pictures
            (JPEG, PNG, TIFF), named one by one or as a folder of nothing else.
        :raises NothingOpened: no image at all; holds the list of files and reasons.
        :raises InputFault: a path is missing, empty, unreadable, or a hostile zip.
        :raises Cancelled: the user cancelled.
        """
        sources = find_files([Path(p) for p in paths], self._unpacker, progress, cancel)
        results = self._read_all(sources, progress, cancel)
        headers = [_known_as(r, sources) for r in results if isinstance(r, ImageHeader)]
        rejected = [_shown(r, sources) for r in results if isinstance(r, RejectedFile)]
        companions = [r for r in results if isinstance(r, Companion)]
        companions = [replace(c, shown=sources.shown.get(c.path)) for c in companions]
        self._remember(headers)
        grouped = group(headers)
        studies, pictures_rejected = _pictures(sources.pictures)
        rejected += [_shown(r, sources) for r in grouped.duplicates]
        rejected = sources.rejected + rejected + pictures_rejected
        notes = tuple(sources.notes) + grouped.notes
        opened = (*grouped.studies, *studies)
        result = OpenResult(opened, tuple(rejected), notes, tuple(companions))
        if not result.studies:
            raise _nothing(result, sources)
        progress(1.0, f"{len(headers) + len(studies)} images opened")
        return result

    def glimpse(self, paths: Sequence[Path], cancel: CancelToken) -> OpenResult | None:
        """One image of what :meth:`open` will give, by its header alone.

        Its study and series hold that file and no other, so that they lack what only all files
        tell: order, spacing between slices, gaps.

        :returns: None where the first files are no images that can be decoded.
        """
        for path in first_files(paths, _GLIMPSES):
            if cancel.cancelled():
                break
            answer = self._call("headers", [path], _FILE_DEADLINE_S)
            header = answer[0] if isinstance(answer, list) and answer else None
            if isinstance(header, ImageHeader) and not missing_decoder(
                UID(header.instance.transfer_syntax_uid)
            ):
                return OpenResult(group([header]).studies)
        return None

    def _read_all(
        self, sources: Sources, progress: Progress, cancel: CancelToken
    ) -> list[HeaderResult]:
        """Headers of all files, and of those that a DICOMDIR among them names."""
        results = self._headers(sources.files, progress, cancel)
        known = set(sources.files)
        more: list[Path] = []
        for result in results:
            if not isinstance(result, DirectoryHeader) or result.path in sources.shown:
                continue  # the members of a zip are all read anyway
            files, rejected = directory_members(result.path.parent, result.file_ids)
            sources.rejected += [r for r in rejected if r not in sources.rejected]
            more += [f for f in files if f not in known]
            known.update(files)
        if more:
            results += self._headers(more, progress, cancel)
        return results

    def _remember(self, headers: Sequence[ImageHeader]) -> None:
        """Where frames lie that need no decoder; files of long ago are parsed again."""
        if len(self._native) > MAX_FILES:
            self._native.clear()
        self._native.update({h.instance.path: h.native for h in headers if h.native is not None})

    def _headers(
        self, files: Sequence[Path], progress: Progress, cancel: CancelToken
    ) -> list[HeaderResult]:
        reading = _HeaderReading(self._hosts, files)
        return reading.run(progress, cancel)

    # --- decode --------------------------------------------------------------------------------

    def decode(self, frame: Frame, *, deadline_s: float = _DEADLINE_S) -> DecodedFrame:
        """Decode one frame in a worker process, blocking.

        :raises InputFault: the pixels cannot be decoded.
        :raises EngineFault: the decoder crashed or took too long.
        """
        answer: queue.SimpleQueue[DecodedFrame | Exception] = queue.SimpleQueue()
        stop = self._submit(frame, answer.put, deadline_s)
        try:
            value = answer.get()
        except BaseException:  # KeyboardInterrupt: nobody waits any more
            stop()
            raise
        if isinstance(value, Exception):
            raise value
        return value

    def decode_async(
        self, frame: Frame, done: Callable[[DecodedFrame | Exception], None]
    ) -> Callable[[], None]:
        """Decode in the background; ``done`` is called on a worker thread; returns a cancel."""
        return self._submit(frame, done, _DEADLINE_S)

    def _submit(
        self, frame: Frame, done: Callable[[DecodedFrame | Exception], None], deadline_s: float
    ) -> Callable[[], None]:
        room = _room(frame)
        request = DecodeRequest(
            frame.instance.path,
            frame.frame,
            (room.name, room.size) if room is not None else None,
            frame.instance.sop_class_uid == PICTURE_CLASS,
        )

        def finish(value: Any) -> None:
            try:
                result = _frame(frame, value, room) if isinstance(value, DecodeAnswer) else value
            finally:
                free(room)
            done(result)

        return self._ask("decode", request, deadline_s, finish)

    def _ask(
        self, method: str, payload: Any, deadline_s: float, done: Callable[[Any], None]
    ) -> Callable[[], None]:
        """A request to the worker with the least to do; returns a cancel."""
        with self._busy_lock:
            index = min(range(len(self._hosts)), key=lambda i: self._busy[i])
            self._busy[index] += 1

        def finish(value: Any) -> None:
            with self._busy_lock:
                self._busy[index] -= 1
            done(value)

        return self._hosts[index].submit(method, payload, deadline_s=deadline_s, done=finish)

    def _call(self, method: str, payload: Any, deadline_s: float) -> Any:
        """The answer or the exception of one request, waited for."""
        answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
        stop = self._ask(method, payload, deadline_s, answer.put)
        try:
            return answer.get()
        except BaseException:  # KeyboardInterrupt: nobody waits any more
            stop()
            raise

    def _fill(self, request: BlockRequest, done: Callable[[Any], None]) -> Callable[[], None]:
        return self._ask("block", request, _DEADLINE_S, done)

    def read_content(self, companion: Companion, *, deadline_s: float = _DEADLINE_S) -> Content:
        """What a companion holds, read in a worker process, blocking.

        :raises InputFault: it is damaged, or its file is gone.
        :raises EngineFault: the reader crashed or took too long.
        """
        value = self._call("content", companion, deadline_s)
        if isinstance(value, Exception):
            raise value
        content: Content = value
        return content

    def read_volume(self, series: Series, progress: Progress, cancel: CancelToken) -> Volume:
        """All frames of a series as one volume, for reslicing and 3D; a gantry tilt is taken out.

        :raises InputFault: the series is no plain volume (uneven gaps, missing slices, colour), or
            a frame cannot be decoded.
        :raises Cancelled: the user cancelled.
        """
        fillers = Fillers(self._fill, 2 * len(self._hosts), self._native)
        return read_volume(self.decode_async, fillers, series, progress, cancel)

    def close(self) -> None:
        """Stop the worker processes and delete unpacked files.  Idempotent."""
        for host in self._hosts:
            host.close()
        self._unpacker.close()

    def __enter__(self) -> DicomArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _HeaderReading:
    """One run over many files: chunks to the workers, and single files where a chunk failed."""

    def __init__(self, hosts: Sequence[Host], files: Sequence[Path]) -> None:
        self._files = list(files)
        self._todo = deque(self._files[i : i + _CHUNK] for i in range(0, len(self._files), _CHUNK))
        self._hosts = hosts[: max(1, min(len(hosts), len(self._todo)))]
        self._answers: queue.SimpleQueue[tuple[int, int, list[Path], Any]] = queue.SimpleQueue()
        self._numbers = itertools.count()
        self._stops: dict[int, Callable[[], None]] = {}  # by the number of the request
        self._results: dict[Path, HeaderResult] = {}

    def run(self, progress: Progress, cancel: CancelToken) -> list[HeaderResult]:
        for _ in range(_HELD):
            for index in range(len(self._hosts)):
                self._feed(index)
        try:
            while self._stops:
                if cancel.cancelled():
                    raise Cancelled("Opening was cancelled.")
                with suppress(queue.Empty):
                    self._take(*self._answers.get(timeout=0.05))
                    read = len(self._results)
                    progress(read / len(self._files), f"{read} of {len(self._files)} files read")
        finally:
            for stop in self._stops.values():
                stop()
        return [self._results[file] for file in self._files if file in self._results]

    def _feed(self, index: int) -> None:
        if not self._todo:
            return
        files, number = self._todo.popleft(), next(self._numbers)
        answers = self._answers

        def done(value: Any) -> None:
            answers.put((number, index, files, value))

        deadline = _CHUNK_DEADLINE_S if len(files) > 1 else _FILE_DEADLINE_S
        self._stops[number] = self._hosts[index].submit(
            "headers", files, deadline_s=deadline, done=done
        )

    def _take(self, number: int, index: int, files: list[Path], value: Any) -> None:
        del self._stops[number]
        if isinstance(value, list):
            self._results.update(zip(files, value, strict=False))
        elif len(files) > 1:  # one of them crashed or hung the worker: find out which
            self._todo.extend([file] for file in files)
        else:
            late = isinstance(value, DeadlineExceeded)
            how = "took too long" if late else "crashed"
            reason = f"The file is damaged: reading it {how}."
            self._results[files[0]] = RejectedFile(files[0], reason)
        self._feed(index)


# --- helpers ---------------------------------------------------------------------------------


def _pictures(paths: Sequence[Path]) -> tuple[list[Study], list[RejectedFile]]:
    studies, rejected = [], []
    for path in paths:
        try:
            studies.append(picture_study(path))
        except Fault as fault:
            rejected.append(RejectedFile(path, fault.what))
    return studies, rejected


def _shown(rejected: RejectedFile, sources: Sources) -> RejectedFile:
    softened = rejected if rejected.path in sources.named else soften(rejected)
    return replace(softened, path=sources.shown.get(rejected.path, rejected.path))


def _known_as(header: ImageHeader, sources: Sources) -> ImageHeader:
    """The header, with the name that the user knows a file from a zip by."""
    shown = sources.shown.get(header.instance.path)
    if shown is None:
        return header
    return replace(header, instance=replace(header.instance, shown=shown))


def _nothing(result: OpenResult, sources: Sources) -> NothingOpened:
    rejected = result.rejected
    if result.companions:
        kinds = ", ".join(sorted({c.kind.value for c in result.companions}))
        sentence = f"There is no image among the files, only other objects ({kinds})."
    elif len(rejected) == 1:
        name = rejected[0].path.name
        reason = rejected[0].reason
        sentence = f"{name} was not opened: {reason[:1].lower()}{reason[1:]}"
    else:
        first = next((r for r in rejected if r.severity == "error"), None)
        example = first or (rejected[0] if rejected else None)
        tail = f" For example: {example.reason}" if example else ""
        sentence = f"None of the {len(rejected)} files is an image that can be opened.{tail}"
    return NothingOpened(sentence, "Name a folder or file with DICOM images.", result)


def _room(frame: Frame) -> SharedMemory | None:
    """Room for the largest form of a frame."""
    return make_room(frame.instance.rows * frame.instance.columns * 4)


def _frame(frame: Frame, answer: DecodeAnswer, room: SharedMemory | None) -> DecodedFrame:
    dtype = np.dtype(answer.dtype)
    if answer.pixels is not None:
        pixels = np.frombuffer(answer.pixels, dtype).reshape(answer.shape)
    elif room is not None:
        pixels = np.ndarray(answer.shape, dtype, buffer=room.buf).copy()
    else:
        raise EngineFault("The image decoder sent no pixels.", "Open the image again.")
    pixels.flags.writeable = False
    size = answer.shape[0] * answer.shape[1]
    overlays = tuple(
        np.unpackbits(np.frombuffer(packed, np.uint8), count=size)
        .reshape(answer.shape[:2])
        .astype(bool)
        for packed in answer.overlays
    )
    return DecodedFrame(
        ref=frame.ref,
        pixels=pixels,
        window=answer.window,
        inverted=answer.inverted,
        unit=answer.unit,
        voi_function=answer.voi_function,
        voi_lut=answer.voi_lut,
        overlays=overlays,
        overlay_groups=answer.overlay_groups,
        rescale=answer.rescale,
        uptake=answer.uptake,
        sha256=answer.sha256,
        warnings=answer.warnings,
    )
