"""Commands on the installation: ``models``, ``audit``, ``doctor``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from radassist.app.workbench import Workbench
from radassist.cli.output import ATTENTION, DONE, Never, TerminalProgress, say, say_json, tell
from radassist.engines.doctor import doctor as examine
from radassist.engines.packs import READY, PackStatus
from radassist.errors import InputFault, UsageFault
from radassist.settings import find_paths
from radassist.store import verify_file


def models(arguments: argparse.Namespace) -> int:
    """List, fetch, install or verify model packs."""
    with Workbench() as bench:
        registry, progress = bench.registry, TerminalProgress()
        if arguments.action == "list":
            return _say_packs(registry.list_packs(), as_json=arguments.json)
        if arguments.action == "verify":
            found = registry.verify(arguments.what or None, progress, Never())
            _say_packs(found, as_json=arguments.json)
            return ATTENTION if any(s.state == "unavailable" for s in found) else DONE
        if not arguments.what:
            raise UsageFault(f"`models {arguments.action}` needs a pack.", "See `models list`.")
        if arguments.action == "fetch":
            pack = registry.fetch(arguments.what, progress, Never())
        else:
            pack = registry.install(Path(arguments.what), progress, Never())
        bench.record(f"pack.{arguments.action}", pack.ref, {"files": pack.hashes()})
        say(f"{pack.ref} is ready in {pack.folder}")
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
    return DONE
