"""Fuzzed, corrupt, hostile and mutated files: no crash, no hang over 15 s, no 2 GiB per file.

The mutations are seeded, so a failure names a file that can be made again; it is kept in the
test's own folder.
"""

from __future__ import annotations

import random
import struct
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from probing import MEBIBYTES, SECONDS, Outcome, Probe

from radassist.dicom.archive import DicomArchive
from radassist.errors import Fault
from radassist.ports import NothingOpened

pytestmark = pytest.mark.slow

#: Mutations per run: some 90 s on two cores.
MUTATIONS = 600
SEED = 20_240_601


@pytest.fixture
def probe() -> Iterator[Probe]:
    with Probe() as started:
        yield started


def told(outcomes: list[Outcome]) -> str:
    kinds = Counter(o.what.split(":")[0] for o in outcomes)
    slowest = max(outcomes, key=lambda o: o.seconds)
    peak = max(o.peak for o in outcomes)
    return (
        f"{len(outcomes)} files {dict(kinds)}; slowest {slowest.name} {slowest.seconds:.2f} s; "
        f"peak {peak:.0f} MiB"
    )


@pytest.mark.parametrize("folder", ["fuzz", "corrupt", "hostile", "dicomdir", "transfer_syntax"])
def test_the_shared_sets_stay_within_bounds(probe: Probe, shared_data: Path, folder: str) -> None:
    files = sorted(
        p for p in (shared_data / "dicom/C_conformance" / folder).rglob("*") if p.is_file()
    )
    outcomes = [probe.read(path) for path in files]
    print(told(outcomes))
    assert [o for o in outcomes if not o.within_bounds] == []


# --- mutations of real headers -----------------------------------------------------------------

_SEEDS = (
    "A_series/brain_mr_positions/HFS",
    "C_conformance/transfer_syntax/mr_one_image",
    "C_conformance/multiframe",
    "C_conformance/gsps",
    "C_conformance/seg/24x38x3",
    "C_conformance/seg/liver_3slice",
    "C_conformance/sr",
    "C_conformance/charset",
    "C_conformance/docs",
    "C_conformance/photometric",
)
_LENGTHS = (0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 0x80000000, 0xFE)


def seeds(shared_data: Path) -> list[Path]:
    root = shared_data / "dicom"
    files = [p for folder in _SEEDS for p in sorted((root / folder).rglob("*")) if p.is_file()]
    return [p for p in files if p.stat().st_size < 600_000]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Some bytes of a file changed, mostly in its header, as careless and hostile writers do."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        header = min(len(found), 132 + rng.choice((300, 2000, 6000)))
        at = rng.randrange(128, max(129, header if rng.random() < 0.8 else len(found)))
        at = min(at, len(found) - 1)
        kind = rng.randrange(8)
        if kind == 0:
            found[at] = rng.randrange(256)
        elif kind == 1:
            found[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            found[at : at + 4] = struct.pack("<L", rng.choice(_LENGTHS))
        elif kind == 3:
            found[at : at + 2] = struct.pack("<H", rng.choice(_LENGTHS) & 0xFFFF)
        elif kind == 4:
            del found[at : at + rng.choice((1, 2, 8, 64))]
        elif kind == 5:
            found[at:at] = rng.randbytes(rng.choice((1, 2, 8, 64)))
        elif kind == 6:
            piece = bytes(found[at : at + rng.choice((8, 64, 512))])
            found[at:at] = piece * rng.choice((1, 2, 50))
        else:
            del found[rng.randrange(at, len(found)) :]
        if not found:
            return b"\0"
    return bytes(found)


def test_mutations_of_real_files_stay_within_bounds(
    probe: Probe, shared_data: Path, tmp_path: Path
) -> None:
    rng = random.Random(SEED)  # noqa: S311  reproducible, not secret
    sources = seeds(shared_data)
    outcomes = []
    for number in range(MUTATIONS):
        source = rng.choice(sources)
        path = tmp_path / f"{number:04d}-{source.name}"
        path.write_bytes(mutated(source.read_bytes(), rng))
        outcome = probe.read(path)
        outcomes.append(outcome)
        if outcome.within_bounds:
            path.unlink()
    print(told(outcomes))
    assert [o for o in outcomes if not o.within_bounds] == []
    kinds = Counter(o.what.split(":")[0] for o in outcomes)
    assert kinds["decoded"] > MUTATIONS / 10  # the mutations reach the decoders too
    assert kinds["refused"] + kinds["fault"] > MUTATIONS / 10


# --- through the product -----------------------------------------------------------------------


def test_a_folder_of_mutations_opens_in_the_product(shared_data: Path, tmp_path: Path) -> None:
    """The archive with its workers: every file is shown or listed, in less than 15 s each."""
    rng = random.Random(SEED + 1)  # noqa: S311
    sources = seeds(shared_data)
    for number in range(120):
        source = rng.choice(sources)
        (tmp_path / f"{number:04d}").write_bytes(mutated(source.read_bytes(), rng))

    class Never:
        def cancelled(self) -> bool:
            return False

    with DicomArchive() as archive:
        archive.start(wait_s=60)
        try:
            result = archive.open([tmp_path], lambda f, t: None, Never())
        except NothingOpened as fault:
            result = fault.result
        shown = {f.instance.path for _, s in result.series() for f in s.frames}
        listed = {r.path for r in result.rejected} | {c.path for c in result.companions}
        assert len(shown | listed) >= 120
        for _, series in result.series():
            started = time.monotonic()
            try:
                archive.decode(series.frames[0])
            except Fault as fault:
                assert fault.what.endswith(".")
            assert time.monotonic() - started < SECONDS
    assert MEBIBYTES == 2048.0
