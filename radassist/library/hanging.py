"""Reads the hanging protocols of ``resources/hanging``, and those that a hospital adds."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from radassist.domain.hanging import HangingProtocol, Pane
from radassist.errors import InputFault
from radassist.library import resources_dir

#: The largest grid that a screen can show with sense.
MOST = 4
_PANE_KEYS = frozenset(Pane.__dataclass_fields__)
_KEYS = frozenset(HangingProtocol.__dataclass_fields__) - {"panes"} | {"pane"}


@cache
def load_hanging() -> tuple[HangingProtocol, ...]:
    """All shipped protocols, sorted by file name.

    :raises InputFault: a file cannot be read.
    """
    folder = resources_dir() / "hanging"
    return tuple(read_hanging(path) for path in sorted(folder.glob("*.toml")))


def read_hanging(path: Path) -> HangingProtocol:
    """One protocol from its TOML file.

    :raises InputFault: the file is not a protocol; the sentence names the file and what is wrong.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _protocol(data)
    except KeyError as error:
        raise InputFault(
            f"The hanging protocol {path.name} has no {error.args[0]}.", "Mend or remove it."
        ) from error
    except (OSError, TypeError, ValueError) as error:
        raise InputFault(
            f"The hanging protocol {path.name} cannot be read ({error}).", "Mend or remove it."
        ) from error


def _protocol(data: dict[str, Any]) -> HangingProtocol:
    _only(data, _KEYS)
    rows, columns = int(data["rows"]), int(data["columns"])
    panes = tuple(_pane(item) for item in data.get("pane", ()))
    if not (1 <= rows <= MOST and 1 <= columns <= MOST):
        raise ValueError(f"a grid of {rows} x {columns}")
    if not 1 <= len(panes) <= rows * columns:
        raise ValueError(f"{len(panes)} panes in a grid of {rows} x {columns}")
    return HangingProtocol(
        id=str(data["id"]),
        title=str(data["title"]),
        rows=rows,
        columns=columns,
        panes=panes,
        modalities=tuple(str(m).upper() for m in data.get("modalities", ())),
        body_parts=tuple(str(b).upper() for b in data.get("body_parts", ())),
        needs_prior=bool(data.get("needs_prior", False)),
        automatic=bool(data.get("automatic", True)),
    )


def _pane(data: dict[str, Any]) -> Pane:
    _only(data, _PANE_KEYS)
    return Pane(
        prior=bool(data.get("prior", False)),
        planes=tuple(str(p).lower() for p in data.get("planes", ())),
        views=tuple(str(v).upper() for v in data.get("views", ())),
        side=str(data.get("side", "")).upper(),
        words=tuple(str(w).lower() for w in data.get("words", ())),
        contrast=data.get("contrast"),
        window=str(data.get("window", "")),
    )


def _only(data: dict[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise ValueError(f"it does not know {', '.join(unknown)}")
