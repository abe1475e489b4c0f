"""Every action of the window: menus, keys, key help and palette are made from this table alone."""

from __future__ import annotations

from radassist.commands.context import Action, Context
from radassist.domain.report import ReportState

#: Menus and headings of the key help, in order.
CATEGORIES = ("File", "Edit", "View", "Window/level", "Layout", "Series", "Measure",
              "Statement", "Chat", "Report", "Help")  # fmt: skip


def _study(context: Context) -> bool:
    return context.has_study


def _image(context: Context) -> bool:
    return context.images > 0


def _stack(context: Context) -> bool:
    return context.images > 1


def _many_series(context: Context) -> bool:
    return context.series > 1


def _report(context: Context) -> bool:
    return context.has_report


def _editable(context: Context) -> bool:
    return context.editable


def _statement(context: Context) -> bool:
    return context.editable and context.statement_selected


def _undo(context: Context) -> bool:
    return context.editable and context.can_undo


def _redo(context: Context) -> bool:
    return context.editable and context.can_redo


def _preview(context: Context) -> bool:
    return context.has_preview


def _final(context: Context) -> bool:
    return context.has_report and context.report_state is ReportState.FINAL


_FILE = (
    Action("file.open", "Open files…", "File", ("Ctrl+O",),
           hint="Open DICOM files or a zip.", words="load import image"),
    Action("file.open_folder", "Open folder…", "File", ("Ctrl+Shift+O",),
           hint="Open a folder with DICOM files, or a CD with a DICOMDIR.",
           words="load import directory cd"),
    Action("file.export", "Export report…", "File", ("Ctrl+E",), _report,
           hint="Write JSON, text, PDF, DICOM SR and key images into a folder.",
           words="save pdf sr text"),
    Action("app.settings", "Settings…", "File", ("Ctrl+,",),
           hint="Name, packs, threads, sizes; what your administrator has set is shown.",
           words="preferences options configuration"),
    Action("app.quit", "Quit", "File", ("Ctrl+Q",), words="exit close leave"),
)  # fmt: skip

_EDIT = (
    Action("edit.undo", "Undo", "Edit", ("Ctrl+Z",), _undo,
           hint="Take back the latest change of the report."),
    Action("edit.redo", "Redo", "Edit", ("Ctrl+Y", "Ctrl+Shift+Z"), _redo,
           hint="Do the change again that was taken back."),
    Action("palette.open", "Command palette…", "Edit", ("Ctrl+K",),
           hint="Find any command by its name.", words="search find commands"),
    Action("focus.next", "Next pane", "Edit", ("F6",),
           hint="Move the keyboard from studies to images, report, checks and chat."),
    Action("focus.previous", "Previous pane", "Edit", ("Shift+F6",),
           hint="Move the keyboard the other way round."),
)  # fmt: skip

_VIEW = (
    Action("view.next_image", "Next image", "View", ("PgDown", "Down"), _stack, False,
           "One image further; the wheel does the same.", "scroll slice"),
    Action("view.previous_image", "Previous image", "View", ("PgUp", "Up"), _stack, False,
           "One image back; the wheel does the same.", "scroll slice"),
    Action("view.first", "First image", "View", ("Home",), _stack, False),
    Action("view.last", "Last image", "View", ("End",), _stack, False),
    Action("view.fit", "Fit to pane", "View", ("F",), _image, False,
           "Show the whole image; a double click does the same.", "zoom whole"),
    Action("view.actual_size", "One image pixel per screen pixel", "View", ("Z",), _image, False,
           "Zoom to one screen pixel for each image pixel.", "zoom 1:1 100%"),
    Action("view.zoom_in", "Zoom in", "View", ("+", "="), _image, False),
    Action("view.zoom_out", "Zoom out", "View", ("-",), _image, False),
    Action("view.reset", "Reset view", "View", ("0",), _image, False,
           "Window of the header, whole image, not inverted or turned."),
    Action("view.invert", "Invert grey scale", "View", ("I",), _image, False,
           words="negative black white"),
    Action("view.turn", "Turn a quarter clockwise", "View", ("Alt+R",), _image, False,
           "The letters at the edges turn with the image.", "rotate 90 degrees"),
    Action("view.flip", "Flip left to right", "View", ("Alt+F",), _image, False,
           "The letters at the edges change with the image.", "mirror horizontal"),
    Action("view.overlay", "AI regions", "View", ("O",), lambda c: c.has_overlay, False,
           "Show or hide the outlines that a vision pack drew.", "mask segmentation contour"),
    Action("view.calipers", "Calipers", "View", ("M",), lambda c: c.has_calipers, False,
           "Show or hide measured lines with their values.", "measurement diameter"),
    Action("view.text", "Text on the image", "View", ("T",), _image, False,
           "Show or hide corner text, orientation letters and scale bar.", "overlay annotation"),
)  # fmt: skip

_WINDOWS = tuple(
    Action(f"view.preset_{number}", f"Preset {number}", "Window/level", (str(number),), _image,
           False, f"Window and level number {number} of this modality.",
           "window level preset lung bone brain soft tissue")
    for number in range(1, 10)
)  # fmt: skip

_GRIDS = (
    ("1x1", "One pane", "Ctrl+1"), ("1x2", "Two panes side by side", "Ctrl+2"),
    ("2x1", "Two panes above each other", "Ctrl+3"), ("2x2", "Four panes", "Ctrl+4"),
    ("1x3", "Three panes side by side", "Ctrl+5"), ("2x3", "Six panes", "Ctrl+6"),
    ("3x3", "Nine panes", "Ctrl+9"), ("4x4", "Sixteen panes", "Ctrl+0"),
)  # fmt: skip

_LAYOUT = (
    *(Action(f"layout.{name}", title, "Layout", (key,), _study, words="grid layout split")
      for name, title, key in _GRIDS),
    Action("layout.next", "Next image pane", "Layout", ("]",), _study, False,
           "Commands and the study list act on the pane with the blue border.", "active viewport"),
    Action("layout.previous", "Previous image pane", "Layout", ("[",), _study, False),
    Action("layout.prior", "Prior beside current", "Layout", ("Shift+N",), _study, False,
           "The shown series beside the series of the newest prior that is like it.",
           "compare previous old"),
    Action("layout.hang", "Hanging protocol…", "Layout", ("H",), _study, False,
           "Arrange the study by one of the protocols that fit it.", "arrange layout"),
    Action("layout.link", "Linked scrolling", "Layout", ("X",), _study, False,
           "Scroll all panes by the place in the patient; two studies keep the distance that they "
           "have when it is switched on.", "synchronise link"),
    Action("layout.lines", "Reference lines", "Layout", ("Shift+X",), _study, False,
           "Show where the images of the other panes cut.", "localizer scout"),
)  # fmt: skip

_SERIES = (
    Action("series.next", "Next series", "Series", ("N", "Right"), _many_series, False),
    Action("series.previous", "Previous series", "Series", ("P", "Left"), _many_series, False),
)

_TOOLS = (
    ("length", "Length", "L", "From end to end, by a drag or two clicks.", "ruler distance"),
    ("bidirectional", "Bidirectional", "B", "Long axis, then short axis.", "recist lesion"),
    ("angle", "Angle", "G", "End, vertex, end.", "degrees"),
    ("cobb", "Cobb angle", "Shift+G", "Two lines: the angle between them.", "scoliosis spine"),
    ("ellipse", "Ellipse", "Shift+E", "Area, mean, SD, minimum and maximum.", "roi hounsfield suv"),
    ("rectangle", "Rectangle", "Shift+R", "Area, mean, SD, minimum and maximum.", "roi region"),
    ("freehand", "Freehand area", "Shift+F", "Draw around it with the button held.", "roi outline"),
    ("probe", "Pixel value", "Shift+P", "The value of one pixel.", "hounsfield suv point"),
    ("ctr", "Cardiothoracic ratio", "Shift+C", "Heart's two borders, then the chest's.", "heart"),
    ("arrow", "Arrow", "Shift+W", "Points at something; give it a label.", "mark pointer"),
)  # fmt: skip

_MEASURE = (
    *(Action(f"measure.{name}", title, "Measure", (key,), _image, False, hint, f"measure {words}")
      for name, title, key, hint, words in _TOOLS),
    Action("measure.stop", "Stop drawing", "Measure", ("Shift+Esc",), _image, False,
           "Drop what is being drawn and go back to window and level.", "cancel tool"),
    Action("measure.label", "Label…", "Measure", ("Shift+L",), lambda c: c.has_annotation, False,
           "The same label on every date makes measurements comparable.", "name lesion target"),
    Action("measure.send", "Send to report", "Measure", ("Shift+Return",),
           lambda c: c.has_annotation and c.editable, False,
           "Put the selected measurement into the findings; the number stays bound to it.",
           "insert statement finding"),
    Action("measure.volume", "Send volume to report", "Measure", ("Shift+V",),
           lambda c: c.has_annotation and c.editable, False,
           "The volume of all areas that bear the selected one's label, on parallel images.",
           "contours stack millilitre"),
    Action("measure.delete", "Delete annotation", "Measure", ("Shift+Del",),
           lambda c: c.has_annotation, False, words="remove measurement"),
    Action("measure.undo", "Undo annotation", "Measure", ("Alt+Z",), _image, False,
           "Take back the latest change of a measurement."),
    Action("measure.redo", "Redo annotation", "Measure", ("Alt+Y",), _image, False),
    Action("measure.list", "Measurements…", "Measure", ("Shift+M",), _image, False,
           "All measurements of the study: go to, label, send, delete.", "list table"),
    Action("measure.compare", "Compare measurements…", "Measure", ("Shift+T",), _image, False,
           "Measurements that share a label on several dates, and what changed.",
           "change growth prior recist"),
    Action("measure.key_image", "Key image", "Measure", ("Shift+K",), _image, False,
           "Mark the shown image as a key image, or take the mark away.", "important star"),
)  # fmt: skip

_STATEMENT = (
    Action("statement.next", "Next statement", "Statement", ("J",), _report, False),
    Action("statement.previous", "Previous statement", "Statement", ("K",), _report, False),
    Action("statement.edit", "Edit statement", "Statement", ("E",), _statement, False,
           "Type in the selected statement.", "change write"),
    Action("statement.add", "Add statement", "Statement", ("Ins",), _editable, False,
           "Write a new statement below the selected one.", "insert new sentence"),
    Action("statement.accept", "Accept statement", "Statement", ("A",), _statement, False),
    Action("statement.reject", "Reject statement", "Statement", ("R",), _statement, False,
           "Out of the text; kept in the record."),
    Action("statement.delete", "Delete statement", "Statement", ("Del",), _statement, False,
           words="remove"),
    Action("statement.wording", "Other wording", "Statement", ("W",),
           lambda c: c.editable and c.has_wordings, False,
           "Change between your wording and the program's, where a draft has both.",
           "phrase words original"),
    Action("statement.accept_all", "Accept all statements", "Statement", ("Shift+A",), _editable,
           False, "Accept every proposal that is left."),
    Action("statement.evidence", "Show evidence", "Statement", ("V",),
           lambda c: c.has_report and c.statement_selected, False,
           "Jump to the image that the statement rests on.", "image region why"),
)  # fmt: skip

_CHAT = (
    Action("chat.focus", "Ask or tell…", "Chat", ("Ctrl+L", "/"), _report,
           hint="Put the cursor into the chat line.", words="chat question change"),
    Action("chat.apply", "Apply changes", "Chat", ("Ctrl+Return",), _preview,
           hint="Apply the changes that the chat shows."),
    Action("chat.discard", "Discard changes", "Chat", ("Esc",), _preview,
           hint="Throw the changes away that the chat shows."),
)  # fmt: skip

_REPORT = (
    Action("report.draft", "Draft report", "Report", ("D",), lambda c: c.can_draft, False,
           "Draft the report again after that failed or was cancelled.", "retry generate"),
    Action("report.begin_empty", "Begin empty report", "Report", ("Shift+D",),
           lambda c: c.can_begin_empty, False,
           "Write without a draft: Findings and Impression are empty.", "blank scratch"),
    Action("report.check", "Check report", "Report", ("C",), _report, False,
           "Look for wrong sides, numbers, contradictions and gaps."),
    Action("report.sign", "Sign…", "Report", ("Ctrl+Shift+S",), _editable,
           hint="Sign as preliminary or final, with your name and the time.",
           words="finalise approve"),
    Action("report.addendum", "Add addendum…", "Report", ("Ctrl+Shift+A",), _final,
           hint="A final report is changed by addenda only."),
    Action("report.habits", "Your phrases and times…", "Report",
           hint="What was learned from your signed reports; look at it and forget it.",
           words="memory learned wording statistics usage"),
)  # fmt: skip

_HELP = (
    Action("help.keys", "Keys", "Help", ("F1", "?"), hint="All keys, by topic.",
           words="keyboard shortcuts help"),
    Action("help.guide", "Guide", "Help", ("Ctrl+F1",), hint="The job in six steps; colours.",
           words="manual documentation"),
    Action("help.system", "System…", "Help", hint="Offline guard, packs and what is missing.",
           words="status doctor packs"),
    Action("help.machine", "Check this machine…", "Help",
           hint="Screen, memory, disk, and how fast the packs are here.",
           words="speed benchmark threads gpu microphone first run"),
    Action("help.administration", "Administration", "Help",
           hint="Policy, folders, packs, logs, backup and exit codes.", words="admin manual"),
    Action("help.about", "About radassist", "Help", words="version licence"),
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (
    *_FILE, *_EDIT, *_VIEW, *_WINDOWS, *_LAYOUT, *_SERIES, *_MEASURE, *_STATEMENT, *_CHAT,
    *_REPORT, *_HELP,
)  # fmt: skip
