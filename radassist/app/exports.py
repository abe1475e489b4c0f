"""The writers of an export, joined: JSON, elements, text, PDF, DICOM SR and key images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from radassist.domain.document import ReportDocument, to_document
from radassist.domain.elements import common_data_elements
from radassist.domain.findings import Caliper, ImageRef
from radassist.domain.measuring.annotation import Annotation
from radassist.domain.measuring.measured import calipers_of
from radassist.domain.reading import Lexicon
from radassist.domain.study import Instance
from radassist.domain.windowing import to_display
from radassist.ports import DecodedFrame
from radassist.render.images import write_key_image
from radassist.render.text import report_text
from radassist.workflow.export import Writer
from radassist.workflow.see import Seen


@dataclass(frozen=True)
class KeyImage:
    """One image of an export, before it is a file.

    :param caption: what the image shows and who chose it; no patient name or id.
    """

    shown: npt.NDArray[np.uint8]
    caption: str
    calipers: tuple[Caliper, ...] = ()
    mask: npt.NDArray[np.uint8] | None = None
    labels: tuple[tuple[int, str], ...] = ()


def shown_pixels(image: DecodedFrame) -> npt.NDArray[np.uint8]:
    """A decoded frame as displayed: uint8, shape (rows, columns) or (rows, columns, 3)."""
    return to_display(image)


def key_images(
    seen: Sequence[Seen], decoded: dict[tuple[str, int], DecodedFrame]
) -> list[KeyImage]:
    """One key image for each image that a vision pack measured."""
    images = []
    for item in seen:
        frame = decoded.get((item.frame.ref.sop_uid, item.frame.frame))
        measured = [f.measurement for f in item.result.findings if f.measurement]
        if frame is None or not measured:
            continue
        value = ", ".join(f"{m.name} {m.value:.2f}" for m in measured)
        images.append(
            KeyImage(
                shown_pixels(frame),
                f"{value} ({item.result.pack})",
                tuple(c for m in measured for c in m.calipers),
                item.result.mask,
                item.result.labels,
            )
        )
    return images


def marked_image(image: DecodedFrame, annotations: Sequence[Annotation]) -> KeyImage:
    """A frame that the reader marked, with the lines that were drawn on it."""
    lines = tuple(c for a in annotations for c in calipers_of(a))
    named = ", ".join(dict.fromkeys(a.label for a in annotations if a.label))
    caption = "Key image, marked by the radiologist"
    return KeyImage(shown_pixels(image), f"{caption}: {named}" if named else caption, lines)


def write_json(document: ReportDocument, path: Path) -> list[str]:
    """report.json."""
    text = json.dumps(to_document(document), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
    return []


def write_text(document: ReportDocument, path: Path) -> list[str]:
    """report.txt."""
    path.write_text(report_text(document.report), encoding="utf-8")
    return []


def elements_writer(lexicon: Lexicon) -> Writer:
    """report.cde.json: the findings as common data elements."""

    def write(document: ReportDocument, path: Path) -> list[str]:
        found = common_data_elements(document.report, lexicon)
        text = json.dumps(found, ensure_ascii=False, indent=2)
        path.write_text(text + "\n", encoding="utf-8")
        return []

    return write


def report_writers(
    images: Sequence[KeyImage],
    instances: Sequence[Instance],
    folder: Path,
    now: str,
    lexicon: Lexicon,
    pictures: Sequence[Path] = (),
) -> dict[str, Writer]:
    """All renderings by file name; key images come first because the PDF shows them.

    :param folder: where the key images will lie when the PDF is written.
    :param pictures: key images of an earlier export, taken over as they are.
    """
    writers: dict[str, Writer] = {}
    captions: list[tuple[Path, str]] = []
    for number, image in enumerate(images, start=1):
        name = f"key-image-{number}.png"
        writers[name] = _image_writer(image)
        captions.append((folder / name, image.caption))

    for picture in pictures:
        writers[picture.name] = _copy_writer(picture.read_bytes())
        captions.append((folder / picture.name, "Key image, as first exported"))

    # Their libraries take half a second to import, which the start of the window is not to pay.
    def pdf(document: ReportDocument, path: Path) -> list[str]:
        from radassist.render.pdf import write_pdf

        return write_pdf(document.report, path, captions)

    def sr(document: ReportDocument, path: Path) -> list[str]:
        from radassist.dicom.sr import write_sr

        write_sr(document.report, instances, path, now=now)
        return []

    return {
        **writers,
        "report.json": write_json,
        "report.cde.json": elements_writer(lexicon),
        "report.txt": write_text,
        "report.pdf": pdf,
        "report.sr.dcm": sr,
    }


def key_object_writer(keys: Sequence[ImageRef], instances: Sequence[Instance], now: str) -> Writer:
    """key-images.ko.dcm: the marked frames as a Key Object Selection."""

    def write(document: ReportDocument, path: Path) -> list[str]:
        from radassist.dicom.ko import write_ko

        write_ko(document.report, keys, instances, path, now=now)
        return []

    return write


def _copy_writer(content: bytes) -> Writer:
    def write(document: ReportDocument, path: Path) -> list[str]:
        path.write_bytes(content)
        return []

    return write


def _image_writer(image: KeyImage) -> Writer:
    def write(document: ReportDocument, path: Path) -> list[str]:
        write_key_image(
            path,
            image.shown,
            calipers=image.calipers,
            caption=[image.caption],
            mask=image.mask,
            labels=dict(image.labels),
        )
        return []

    return write
