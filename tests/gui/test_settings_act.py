"""Settings do what the window says that they do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from radassist.app.administration import WorkbenchAdministration
from radassist.app.window import WindowServices, staged
from radassist.app.workbench import Workbench
from radassist.cli.output import Never
from radassist.errors import PolicyFault
from radassist.library.samples import sample_path
from radassist.settings import Policy, load_settings, save_settings
from radassist.workflow.speed import thread_counts


def test_settings_reach_what_they_are_about(radassist_home: Path, qtbot: QtBot) -> None:
    path = radassist_home / "settings.json"
    settings = replace(
        load_settings(path, Policy()),
        draft_on_open=False,
        overlay_text=False,
        pixel_cache_mb=64,
        vision_deadline_s=7.0,
        language_enabled=False,
    )
    save_settings(settings, path)
    with staged(radassist_home) as stage:
        window = stage.window
        assert window.viewport.store._cache.limit == 64 << 20
        with qtbot.waitSignal(window.desk.opened, timeout=60_000):
            window.desk.open([sample_path()])
        assert window.desk.report is None
        assert window.desk.can_draft
        assert not window.viewport.pane.state.show_text
        window.run_action("report.draft")
        qtbot.waitUntil(lambda: window.desk.report is not None, timeout=120_000)
        qtbot.waitUntil(lambda: not window.tasks.busy(), timeout=60_000)
    with Workbench("Dr Roe") as bench:
        (model,) = bench.vision
        assert model._deadline_s == 7.0  # type: ignore[attr-defined]


def test_a_pack_that_the_policy_requires_is_named_at_the_start(
    radassist_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('version = 1\n[[packs]]\nid = "language-default"\n')
    monkeypatch.setenv("RADASSIST_POLICY", str(policy))
    with Workbench("Dr Roe") as bench:
        lines = WindowServices(bench).system()
        (line,) = [x for x in lines if x.name == "Policy"]
        assert not line.good
        assert line.text.startswith("The policy requires the pack language-default, which is miss")
        with pytest.raises(PolicyFault):
            _ = bench.vision


def test_a_pack_is_installed_from_the_dialog_and_recorded(
    radassist_home: Path, tmp_path: Path
) -> None:
    with Workbench("Dr Roe") as bench:
        target = tmp_path / "cxr.zip"
        bench.registry.export("cxr-anatomy", target)
        told: list[float] = []
        services = WorkbenchAdministration(bench)
        ref = services.install(target, lambda fraction, _: told.append(fraction), Never())
        assert ref.startswith("cxr-anatomy@")
        assert told[-1] == 1.0
        assert (radassist_home.parent / "models" / "cxr-anatomy" / "pack.toml").is_file()
        assert "pack.install" in [e["action"] for e in bench.store.audit.events()]


def test_the_numbers_of_threads_hold_all_cores() -> None:
    assert all(cores in thread_counts(cores) for cores in range(1, 130))
