"""The check of this machine: what it has, how fast the packs are, how many threads suit it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from radassist import logs
from radassist.app.workbench import Workbench
from radassist.engines.language.llama import LlamaLanguageModel
from radassist.engines.packs.hashing import gigabytes
from radassist.engines.packs.memory import available_memory, total_memory
from radassist.engines.vision.hosted import HostedCxrAnatomy
from radassist.errors import Cancelled, EngineFault, Fault, PackFault, PolicyFault
from radassist.host.process import Host
from radassist.library.samples import sample_path
from radassist.ports import CancelToken, LanguageModel, Progress
from radassist.settings import load_settings, save_settings, with_values
from radassist.workflow.speed import (
    Fact,
    Speed,
    Trial,
    measure_language,
    measure_vision,
    threads_text,
)
from radassist.workflow.study_choice import choose as choose_subject

#: Below this a language pack and a large study do not fit beside each other.
_LITTLE_MEMORY = 4_000_000_000
_LITTLE_DISK = 2_500_000_000
_PROBE_S = 60.0


def machine_facts(bench: Workbench) -> Iterator[Fact]:
    """Processor, memory, disk, microphone, and whether llama.cpp can use a graphics card.

    The screen and the renderer are the window's to ask (``ui.screen_facts``).
    """
    cores = os.cpu_count() or 1
    yield Fact("Processor", f"{cores} cores" if cores > 1 else "1 core", cores > 1)
    yield _memory()
    yield _disk(bench.paths.models)
    yield Fact("Model acceleration", _offload())
    yield _microphone()


def _memory() -> Fact:
    total, free = total_memory(), available_memory()
    if total is None:
        return Fact("Memory", "cannot be told on this system")
    text = f"{gigabytes(total)}, {gigabytes(free)} free" if free is not None else gigabytes(total)
    return Fact("Memory", text, total >= _LITTLE_MEMORY)


def _disk(folder: Path) -> Fact:
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    return Fact("Disk", f"{gigabytes(free)} free for packs", free >= _LITTLE_DISK)


def _offload() -> str:
    """In a child process: a llama.cpp that was built for another processor crashes there."""
    if importlib.util.find_spec("llama_cpp") is None:
        return "the language engine is not installed"
    with Host("radassist.engines.probe:create", name="library probe") as host:
        try:
            can = bool(host.call("offload", None, deadline_s=_PROBE_S))
        except EngineFault:
            return "the language engine does not start"
    return "llama.cpp can use a graphics card" if can else "none: llama.cpp uses the processor"


def _microphone() -> Fact:
    if sys.platform == "linux":
        try:
            lines = Path("/proc/asound/pcm").read_text("ascii", "replace").splitlines()
        except OSError:
            return Fact("Microphone", "none found (no sound device); dictation is not in it yet")
        count = sum("capture" in line for line in lines)
        found = f"{count} recording devices" if count else "none found"
        return Fact("Microphone", f"{found}; dictation is not in this version yet")
    return Fact("Microphone", "not asked for: the audio module of Qt is not part of this program")


def measure(bench: Workbench, progress: Progress, cancel: CancelToken) -> Speed:
    """Measure the language pack of the settings and the first vision pack.

    What cannot be measured is a reason in the result, not a fault.

    :raises Cancelled: ``cancel`` said so; nothing is kept.
    """
    ms, vision_ref, no_vision = _vision(bench, lambda f, t: progress(f * 0.2, t), cancel)
    trials: tuple[Trial, ...] = ()
    language_ref = no_language = ""
    try:
        pack = bench.registry.find(bench.settings.language_pack)

        def make(threads: int) -> LanguageModel:
            return LlamaLanguageModel(pack.folder, pack.ref, pack.path(), threads=threads)

        cores = os.cpu_count() or 1
        trials = measure_language(make, cores, lambda f, t: progress(0.2 + f * 0.8, t), cancel)
        language_ref = pack.ref
    except Cancelled:
        raise
    except Fault as fault:
        no_language = _plain(fault)
    progress(1.0, "Measured")
    speed = Speed(trials, ms, language_ref, vision_ref, no_language, no_vision)
    _tell_log(speed)
    return speed


def _vision(
    bench: Workbench, progress: Progress, cancel: CancelToken
) -> tuple[float | None, str, str]:
    """(milliseconds an image, pack, why not)."""
    try:
        packs = bench.registry.find_role("vision")
        if not packs:
            raise PackFault("No vision pack is installed.")
        pack = bench.registry.find(packs[0].id)
        subject = choose_subject(bench.archive.open([sample_path()], progress, cancel))
        image = bench.archive.decode(subject.series.frames[0])
        model = HostedCxrAnatomy(pack.folder, pack.ref, threads=os.cpu_count() or 1)
        try:
            return measure_vision(model, image, subject.series, progress, cancel), pack.ref, ""
        finally:
            model.close()
    except Cancelled:
        raise
    except Fault as fault:
        return None, "", _plain(fault)


def _plain(fault: Fault) -> str:
    """A fault without the marks that a command has on the command line."""
    return str(fault).replace("`", "")


def _tell_log(speed: Speed) -> None:
    best = speed.best
    fields: dict[str, Any] = {}
    if best is not None:
        fields = {"threads": best.threads, "tokens_per_second": round(best.tokens_per_second, 1)}
    if speed.ms_per_image is not None:
        fields["ms_per_image"] = round(speed.ms_per_image)
    logs.log("machine.measured", **fields)


def keep_threads(bench: Workbench, speed: Speed) -> str:
    """Store the number of threads that suits this machine; returns a sentence on it.

    :raises StorageFault: the settings cannot be written.
    """
    best = speed.best
    if best is None:
        return ""
    settings = load_settings(bench.paths.settings_file, bench.policy)
    try:
        bench.settings = with_values(settings, language_threads=best.threads)
    except PolicyFault:
        return f"The number of threads is {settings.why_locked('language_threads')}."
    save_settings(bench.settings, bench.paths.settings_file)
    return f"The language pack will use {threads_text(best.threads)}."
