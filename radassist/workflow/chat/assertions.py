"""New statements, and plain facts that agree with, refine or contradict what the report says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from radassist.domain import operations as ops
from radassist.domain.findings import Evidence, EvidenceKind, Laterality
from radassist.domain.reading import Mention, split_sentences
from radassist.workflow.chat import attributes
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.cutting import without_item, without_phrase
from radassist.workflow.chat.denials import put_over
from radassist.workflow.chat.propagation import asserted, sides_agree
from radassist.workflow.chat.resolving import fitting, region_of, resolve, which_one
from radassist.workflow.chat.targets import parse_target
from radassist.workflow.chat.values import repeat, set_attributes
from radassist.workflow.chat.view import FACT_SECTIONS, Line, View
from radassist.workflow.chat.wording import sentence, stems, tidy
from radassist.workflow.chat.working import Ask, NeedsModel, Working


def holds(line: Line, topic: str, view: View) -> bool:
    """True when the line says that the topic is there."""
    mention = attributes.mention_of(line, topic, view)
    return mention is not None and asserted(mention)


def findings_of(text: str, view: View) -> list[Mention]:
    return [m for m in view.reading(text).mentions if m.kind in ("finding", "device")]


def stating(mention: Mention, lines: Sequence[Line], *, there: bool) -> list[tuple[Line, Mention]]:
    """Lines that assert (or deny) the finding, on a side that fits."""
    hits: list[tuple[Line, Mention]] = []
    for line in lines:
        for other in line.findings:
            if (
                _names(other, mention)
                and asserted(other) == there
                and sides_agree(mention.laterality, other.laterality)
            ):
                hits.append((line, other))
                break
    return hits


def _names(other: Mention, mention: Mention) -> bool:
    """True for one concept, and for one head word at one place ("renal cyst", "cyst")."""
    if other.concept == mention.concept:
        return True
    heads = stems(other.text)[-1:], stems(mention.text)[-1:]
    places = not mention.location or bool(set(other.location) & set(mention.location))
    return bool(heads[0]) and heads[0] == heads[1] and places


def add(command: c.Add, view: View, work: Working) -> None:
    """A new statement where the radiologist wants it; a denial that it contradicts is taken out."""
    if command.section == c.BOTH:
        for name in FACT_SECTIONS:
            section_here = view.section_name(name)
            if section_here is not None:
                add(replace(command, section=section_here), view, work)
        return
    texts = [t for t in (sentence(x) for x in split_sentences(command.text)) if t]
    if not texts:
        raise Ask("There is no text to add.")
    section, index, given = _place(command, view, work)
    copied = _from_findings(command, view) if section.lower() == "impression" else None
    if copied is not None:
        evidence = (Evidence(EvidenceKind.STATEMENT, copied.id, copied.text),)
        work.insert(section, index, copied.text, evidence=evidence)
        return
    for text in texts:
        if any(x.text == text and x.section == section for x in view.lines):
            raise Ask(f"{section} says that already.")
        if not given and view.reading(text).recommendation and view.report.section("Impression"):
            impression = view.report.section("Impression")
            assert impression is not None  # noqa: S101  asked just before
            work.insert(impression.name, len(impression.statements), text)
            work.notices.append("It reads as a recommendation, so it went to the Impression.")
            continue
        if not command.anchor and section == view.findings_name and _contradicts(text, view):
            _over_denials(text, view, work)
            continue
        same = _said_in_impression(text, section, view) if not command.anchor else None
        if same is not None:
            work.rewrite(same.id, text)
            continue
        work.insert(section, index, text)
        _offer_broader(text, view, work)
        index += 1


def _said_in_impression(text: str, section: str, view: View) -> Line | None:
    """The one impression of the same findings on the same side, which the new one replaces."""
    new = {(m.concept, m.presence) for m in findings_of(text, view)}
    lines = view.in_section("Impression") if section.lower() == "impression" else ()
    alike = [x for x in lines if new and {(m.concept, m.presence) for m in x.findings} == new]
    return alike[0] if len(alike) == 1 and set(alike[0].stems) & set(stems(text)) else None


def _place(command: c.Add, view: View, work: Working) -> tuple[str, int, bool]:
    """(section, index, whether the user named the place)."""
    if command.anchor:
        target = parse_target(command.anchor, view)
        found = resolve(target, view) if target is not None else None
        if found is None or found.problem or len(found.lines) != 1:
            lines = found.lines if found is not None else ()
            problem = found.problem if found is not None else ""
            raise Ask(problem or which_one(lines), found.candidates if found else ())
        section, at = work.place_of(found.lines[0].id)
        return section.name, at + (0 if command.before else 1), True
    name = command.section or view.findings_name
    section_now = work.report.section(name)
    if section_now is None:
        raise Ask("The report has no section for it.")
    index = 0 if command.place == "start" else len(section_now.statements)
    return section_now.name, index, bool(command.section)


def _from_findings(command: c.Add, view: View) -> Line | None:
    """ "add the effusion to the impression": the Findings sentence itself is meant."""
    match = re.fullmatch(
        r"(?:a mention of |mention of )?the\s+(.+)", command.text.strip(" ."), re.I
    )
    if match is None or len(match.group(1).split()) > 4:
        return None
    lines = [
        x
        for x in fitting(match.group(1), view, view.in_section("Findings"))
        if holds(x, match.group(1), view)
    ]
    return lines[0] if len(lines) == 1 else None


def _contradicts(text: str, view: View) -> bool:
    return any(
        stating(m, view.fact_lines, there=False) for m in findings_of(text, view) if asserted(m)
    )


def _over_denials(text: str, view: View, work: Working) -> None:
    """Put the text in the place of the statements that deny it; other denials in them stay."""
    placed = False
    for mention in [m for m in findings_of(text, view) if asserted(m)]:
        for line, other in stating(mention, view.fact_lines, there=False):
            if not work.text(line.id) or work.text(line.id) != line.text:
                continue
            alone = not attributes.others(line, other) and not _more_organs(line, other)
            if alone and not denies_more(line, other) and not _without_place(line, other, mention):
                if placed and line.section.lower() == "findings":
                    work.delete(line.id)
                else:
                    work.rewrite(line.id, text)
                placed = True
                continue
            shorter = (
                _without_place(line, other, mention)
                or _trimmed(line, other, view)
                or _without_organ(line, mention, view)
            )
            if shorter is None:
                raise NeedsModel(f"Take out that there is no {other.text}.", [line], own=text)
            work.rewrite(line.id, _no_longer_normal(shorter, mention, view))
            if not placed:
                section, at = work.place_of(line.id)
                work.insert(section.name, at, text)
                placed = True
    if not placed:
        insert_finding(text, view, work)


def _no_longer_normal(text: str, mention: Mention, view: View) -> str:
    """ "The lungs are clear, without consolidation" beside a lung mass: "No consolidation"."""
    denial = re.match(r"[^,;]+,?\s+(?:without|with no)(?:\s+evidence of)?\s+(.+)$", text)
    normal = view.reading(text[: denial.start(1)]).findings() if denial else ()
    if denial is None or not normal:
        return text
    broader = all(view.lexicon.is_a(mention.concept, m.concept) and not asserted(m) for m in normal)
    return sentence(f"no {denial.group(1)}") if broader else text


def keeps(text: str, line: Line, gone: str, view: View) -> bool:
    """True when the shorter text still holds every other finding, asserted as before."""
    before = {(m.concept, m.presence) for m in line.findings if m.concept != gone}
    after = {
        (m.concept, m.presence)
        for m in view.reading(text).mentions
        if m.kind in ("finding", "device")
    }
    return before == after


def _trimmed(line: Line, mention: Mention, view: View) -> str | None:
    """The line without the mention, as a list item or a with-phrase; all else is still said."""
    shared = without_shared_head(line, mention)
    if shared is not None and keeps(shared, line, mention.concept, view):
        return shared
    for cut in (without_item, without_phrase):
        shorter = cut(line.text, mention.start, mention.end)
        if shorter is not None and stems(shorter) and keeps(shorter, line, mention.concept, view):
            return shorter
    return None


def without_shared_head(line: Line, mention: Mention) -> str | None:
    """ "No pleural or pericardial effusion" without the pleural one: "effusion" stays."""
    overlapping = [
        m
        for m in line.findings
        if m is not mention and m.start < mention.end and m.end > mention.start
    ]
    if len(overlapping) != 1:
        return None
    text, other = line.text, overlapping[0]
    if mention.start < other.start:  # "[pleural or pericardial effusion]" holds the other
        return tidy(text[: mention.start] + text[other.start :])
    head = re.match(r"(\w+)\s+(?:or|and|nor)\s+", text[other.start : mention.start])
    if head is None or head.end() != mention.start - other.start:
        return None
    words = text[mention.start : mention.end].split(" ", 1)
    return tidy(f"{text[: other.start]}{head.group(1)} {words[-1]}{text[mention.end :]}")


def _without_place(line: Line, denied: Mention, new: Mention) -> str | None:
    """ "No mediastinal, hilar or axillary adenopathy" without "hilar", where one is seen there."""
    if len(denied.location) < 2:
        return None
    wanted = set(new.location) & set(denied.location)
    places = [
        m
        for m in line.reading.mentions
        if m.kind == "anatomy" and m.concept in wanted and m.start < denied.end
    ]
    if len(places) != 1 or places[0].end >= denied.end:
        return None
    at = places[0]
    if at.start > denied.start or denied.text.startswith(at.text):
        # the last modifier of the list stands in the mention itself: "or axillary adenopathy"
        before = re.search(r",?\s+(?:and|or)\s+$", line.text[: at.start])
        if before is None:
            return None
        head = line.text[: before.start()]
        comma = head.rfind(", ")
        joint = before.group().strip(" ,")
        head = f"{head[:comma]} {joint} {head[comma + 2 :]}" if comma > 0 else head
        return tidy(f"{head} {line.text[at.end :]}")
    return without_item(line.text, at.start, at.end)


def denies_more(line: Line, mention: Mention) -> bool:
    """True when the sentence lists something beside the finding, known to the lexicon or not."""
    rest = without_item(line.text, mention.start, mention.end)
    if rest is None:
        return False
    own = set(stems(mention.text)) | {"definit", "acut", "focal", "radiograph", "signific", "large"}
    return bool(set(stems(rest)) - own - set(stems("normal clear lungs bilaterally")))


def _organs(line: Line, mention: Mention) -> list[Mention]:
    """The anatomy that a normal finding speaks for ("Cardiac" of "Cardiac ... are normal")."""
    return [
        m for m in line.reading.mentions if m.kind == "anatomy" and m.concept in mention.location
    ]


def _more_organs(line: Line, mention: Mention) -> bool:
    """True when the line calls other anatomy normal in the same breath."""
    organs = _organs(line, mention)
    return bool(organs) and item_beside(line, organs[0].text)


def _without_organ(line: Line, new: Mention, view: View) -> str | None:
    """The line without the organ that the new finding lies in."""
    concept = view.lexicon.get(new.concept)
    place = {concept.anatomy} if concept is not None else set()
    organs = [m for m in line.reading.mentions if m.kind == "anatomy" and m.concept in place]
    return without_item(line.text, organs[0].start, organs[0].end) if len(organs) == 1 else None


def _offer_broader(text: str, view: View, work: Working) -> None:
    """ "The lungs are clear" beside a new consolidation: offered to be taken out, not touched."""
    for mention in [m for m in findings_of(text, view) if asserted(m)]:
        for line in view.fact_lines:
            for other in line.findings:
                broader = other.concept != mention.concept and view.lexicon.is_a(
                    mention.concept, other.concept
                )
                if (
                    (
                        broader
                        and not asserted(other)
                        and sides_agree(mention.laterality, other.laterality)
                    )
                    and not attributes.others(line, other)
                    and work.text(line.id) == line.text
                ):
                    work.offer(ops.Delete(line.id))
                    note = f"{line.called()} still says: “{line.text}”"
                    if note not in work.notices:
                        work.notices.append(note)


def insert_finding(text: str, view: View, work: Working) -> None:
    """A new finding goes after the last Findings sentence on its region, else to the end."""
    name = view.findings_name
    advice = view.reading(text).recommendation and work.report.section("Impression") is not None
    if advice:
        work.notices.append("It reads as a recommendation, so it went to the Impression.")
        name = "Impression"
    section = work.report.section(name)
    if section is None:
        raise Ask("The report has no section for it.")
    index = len(section.statements)
    if advice:
        work.insert(section.name, index, text)
        return
    region = region_of(text) | set(stems(text))
    own = [m.concept for m in view.reading(text).mentions]
    near = [
        x
        for x in view.in_section(name)
        if work.text(x.id) and (set(own) & x.concepts or len(region & set(x.stems)) > 1)
    ]
    if near:
        index = work.place_of(near[-1].id)[1] + 1
    work.insert(name, index, text)
    _offer_broader(text, view, work)


def affirm(command: c.Assert, view: View, work: Working) -> None:
    """ "There is a small left effusion": replaces a denial, refines what is there, or is added."""
    text = command.text
    mentions = findings_of(text, view)
    if mentions and not any(asserted(m) for m in mentions):
        deny(c.Deny(mentions[0].text, text), view, work)
        return
    if any(x.text.rstrip(".").lower() == text.rstrip(".").lower() for x in view.fact_lines):
        raise Ask("The report says that already.")
    present = [m for m in mentions if asserted(m)]
    if _contradicts(text, view):
        _over_denials(text, view, work)
        return
    if put_over(text, view, work):
        return
    if len({m.concept for m in present}) == 1 and not command.also:
        hits = stating(present[0], view.in_section(view.findings_name), there=True)
        if len(hits) == 1 and _refines(hits[0][0], text, view):
            _refine(hits[0][0], hits[0][1], text, view, work)
            return
        if len(hits) > 1:
            raise Ask(which_one([x for x, _ in hits]), [x for x, _ in hits])
    insert_finding(text, view, work)


def _refines(line: Line, text: str, view: View) -> bool:
    """True when the text says of the same finding nothing but another size, side or number."""
    bare = re.sub(r"^there (?:is|are)\s+(?:an?\s+)?", "", text.rstrip("."), flags=re.I)
    extra = set(stems(bare)) - set(line.stems)
    values = {w for m in attributes.parts(bare) for w in stems(m)}
    return extra <= values


def _refine(line: Line, mention: Mention, text: str, view: View, work: Working) -> None:
    severity, side, quantity = attributes.parts(text)
    values = " ".join(x for x in (severity, side, quantity) if x)
    if not values:
        raise Ask(f"The report says that already: {line.quoted()}")
    set_attributes(line, mention, values, work)
    repeat(line, mention, values, view, work)


def deny(command: c.Deny, view: View, work: Working) -> None:
    """ "There is no effusion": statements that assert it are turned or shortened."""
    wanted = findings_of(command.topic, view) or findings_of(command.text, view)
    if not wanted:
        _deny_unknown(command, view, work)
        return
    there = [hit for m in wanted for hit in stating(m, view.fact_lines, there=True)]
    denied = [hit for m in wanted for hit in stating(m, view.fact_lines, there=False)]
    if not there:
        if len({m.concept for _, m in denied}) >= len({m.concept for m in wanted}):
            raise Ask(f"The report says that already: {denied[0][0].quoted()}")
        insert_finding(command.text, view, work)
        return
    whole = {m.laterality for m in wanted}
    asserting = {x.id for x, _ in there}
    said = {
        x.section
        for x, m in denied
        if x.id not in asserting and m.laterality in whole | {Laterality.NONE}
    }
    wanted_concepts = {m.concept for m in wanted}
    for line, mention in there:
        if work.text(line.id) != line.text:
            continue
        rest = {m.concept for m in attributes.others(line, mention) if asserted(m)}
        if rest <= wanted_concepts:
            if line.section in said:
                work.delete(line.id)
            else:
                work.rewrite(line.id, _with_measure(line, command.text))
            said.add(line.section)
            continue
        shorter = _trimmed(line, mention, view)
        if shorter is None:
            raise NeedsModel(command.text, [line], own=command.text)
        work.rewrite(line.id, shorter)
        if line.section not in said and line.section == view.findings_name:
            section, at = work.place_of(line.id)
            work.insert(section.name, at + 1, command.text)
        said.add(line.section)


def _with_measure(line: Line, text: str) -> str:
    """The new sentence with the ratio that the old one gave: a number is not denied with a word."""
    for mention in line.reading.mentions:
        cut = line.text.rfind(", ", 0, mention.start)
        own = mention.kind == "measurement-name" and mention.text.lower() not in text.lower()
        if own and cut > 0:
            return text.rstrip(".") + line.text[cut:]
    return text


def _deny_unknown(command: c.Deny, view: View, work: Working) -> None:
    """The lexicon does not know it: go by the words."""
    lines = fitting(command.topic, view, view.in_section(view.findings_name))
    if len(lines) > 1:
        raise Ask(which_one(lines), lines)
    words = set(stems(command.topic))
    repeated = [
        x for x in view.in_section("Impression") if words <= set(x.stems) and len(x.stems) <= 4
    ]
    if lines and re.search(r"\b(?:no|without|not)\b", lines[0].text, re.I):
        raise Ask(f"The report says that already: {lines[0].quoted()}")
    if lines:
        for line in [lines[0], *repeated]:
            work.rewrite(line.id, command.text)
    else:
        insert_finding(command.text, view, work)


def item_beside(line: Line, subject: str) -> bool:
    """True when the subject is one of several ("Heart size and vascularity within ...")."""
    words = set(stems(subject))
    lead = re.split(
        r"\b(?:is|are|was|were|within|appears?|remains?|shows?|unremarkable|normal|has|have|demonstrates?)\b",
        line.text,
        maxsplit=1,
    )[0]
    items = [i for i in re.split(r",\s*(?:and\s+)?|\s+and\s+", lead) if stems(i)]
    return len(items) > 1 and any(not words & set(stems(i)) for i in items)
