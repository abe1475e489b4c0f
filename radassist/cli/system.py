"""Commands on the installation: ``models``, ``audit``, ``doctor``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from radassist.app.machine import keep_threads, machine_facts, measure
from radassist.app.workbench import Workbench
from radassist.cli.language_bench import bench_language
from radassist.cli.output import ATTENTION, DONE, Never, TerminalProgress, say, say_json, tell
from radassist.engines.doctor import doctor as examine
from radassist.engines.packs import READY, PackStatus, Registry
from radassist.engines.packs.split import parse_size
from radassist.errors import InputFault, UsageFault
from radassist.settings import find_paths
from radassist.store import verify_file
from radassist.workflow.speed import in_two_sentences, measured_facts


def models(arguments: argparse.Namespace) -> int:
    """List, fetch, install, verify, export or roll back model packs."""
    with Workbench() as bench:
        registry, progress = bench.registry, TerminalProgress()
        if arguments.action == "list":
            _say_packs(registry.list_packs(), as_json=arguments.json)
            return DONE if arguments.json else _say_earlier(registry)
        if arguments.action == "verify":
            found = registry.verify(arguments.what or None, progress, Never())
            _say_packs(found, as_json=arguments.json)
            return ATTENTION if any(s.state == "unavailable" for s in found) else DONE
        if arguments.action == "bench-language":
            return bench_language(bench, arguments)
        if not arguments.what:
            raise UsageFault(f"`models {arguments.action}` needs a pack.", "See `models list`.")
        if arguments.action == "export":
            return _export_pack(bench, arguments)
        if arguments.action == "fetch":
            pack = registry.fetch(arguments.what, progress, Never())
        elif arguments.action == "rollback":
            pack = registry.rollback(arguments.what, progress, Never())
        else:
            pack = registry.install(
                Path(arguments.what),
                progress,
                Never(),
                pack_id=arguments.id,
                projector=arguments.projector,
            )
        bench.record(f"pack.{arguments.action}", pack.ref, {"files": pack.hashes()})
        say(f"{pack.ref} is ready in {pack.folder}")
        if pack.manifest.projector:
            say("Its projector is bound by its hash and not used: pictures are untested here.")
    return DONE


def _export_pack(bench: Workbench, arguments: argparse.Namespace) -> int:
    """Write a pack as a zip to be carried to another machine."""
    if arguments.file is None:
        raise UsageFault("`models export` needs a file to write.", "Name it: PACK FILE.zip.")
    size = parse_size(arguments.split) if arguments.split else 0
    registry, target = bench.registry, arguments.file.absolute()
    written = registry.export(arguments.what, target, TerminalProgress(), Never(), split=size)
    pack = registry.get(arguments.what)
    bench.record("pack.export", pack.ref, {"files": pack.hashes(), "parts": len(written)})
    for path in written:
        say(str(path))
    say(f"Install it there with: radassist models install {written[0].name}")
    return DONE


def _say_packs(packs: list[PackStatus], *, as_json: bool) -> int:
    for status in packs:
        if as_json:
            say_json({**asdict(status), "folder": str(status.folder)})
            continue
        size = f"{status.size / 1e6:,.0f} MB"
        say(
            f"{status.id}@{status.version}  {status.role}  {size}  {status.licence}  {status.state}"
        )
        if status.state != READY:
            say(f"  {status.reason} {status.next_step}")
    return DONE


def _say_earlier(registry: Registry) -> int:
    """The versions that ``models rollback`` would bring back."""
    for status in registry.list_packs():
        earlier = registry.earlier(status.id)
        if earlier is not None:
            say(f"{earlier.ref} is kept: `radassist models rollback {status.id}` brings it back.")
    return DONE


def audit(arguments: argparse.Namespace) -> int:
    """Verify the audit log, or show its events."""
    if arguments.action == "show":
        with Workbench() as bench:
            for event in bench.store.audit.events():
                if arguments.json:
                    say_json(event)
                else:
                    say(
                        f"{event['seq']:>5}  {event['at']}  {event['actor']}  "
                        f"{event['action']}  {event['subject']}"
                    )
        return DONE
    path = arguments.file or find_paths().database  # verifying must not write, so no session
    if not path.exists():
        raise InputFault(f"There is no audit log at {path}.", "Draft or import a report first.")
    verdict = verify_file(path)
    if arguments.json:
        say_json({"path": str(path), "events": verdict.events, "problems": verdict.problems})
    else:
        say(f"{path}: {verdict.events} events, {len(verdict.problems)} problems")
        for problem in verdict.problems:
            say(f"  {problem}")
    if verdict.problems:
        tell("The audit log does not verify.")
        return ATTENTION
    return DONE


def doctor(arguments: argparse.Namespace) -> int:
    """What is installed, what is missing, why, and how to mend it."""
    checks = examine()
    for item in checks:
        if arguments.json:
            say_json(asdict(item))
        else:
            say(str(item))
    return _measure(as_json=arguments.json) if arguments.measure else DONE


def _measure(*, as_json: bool) -> int:
    """How fast the packs are here, how many threads suit it, and what will be slow."""
    with Workbench() as bench:
        facts = list(machine_facts(bench))
        speed = measure(bench, TerminalProgress(), Never())
        kept = keep_threads(bench, speed)
    if as_json:
        say_json({"facts": [asdict(f) for f in facts], **asdict(speed), "kept": kept})
        return DONE
    for fact in [*facts, *measured_facts(speed)]:
        say(f"{'ok' if fact.good else 'warning':<8}speed: {fact.name}: {fact.text}")
    say(" ".join([*in_two_sentences(speed), kept]).strip())
    return DONE
