"""Statements, findings, words and comparisons taken out."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from radassist.domain import operations as ops
from radassist.domain.findings import EvidenceKind
from radassist.workflow.chat import assertions, attributes
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.cutting import without_clause, without_item, without_phrase
from radassist.workflow.chat.lookup import (
    found_lines,
    lines_of,
    state_one_finding,
    target_of,
    told_elsewhere,
)
from radassist.workflow.chat.propagation import asserted
from radassist.workflow.chat.resolving import asks_for_advice, fitting, resolve, which_one
from radassist.workflow.chat.targets import Target, is_explicit
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import literal_pattern, stems, tidy, without_words
from radassist.workflow.chat.working import Ask, NeedsModel, Working


def delete(command: c.Delete, view: View, work: Working) -> None:
    several = _several(command.target, view)
    if several:
        for phrase in several:
            delete(c.Delete(phrase), view, work)
        return
    target = target_of(command.target, view)
    if target.topic and not target.explicit:
        _delete_topic(target, view, work)
        return
    if (
        target.whole_section
        and target.section == "Comparison"
        and not view.in_section("Comparison")
    ):
        cut_comparison(c.CutComparison(""), view, work)
        return
    lines = found_lines(resolve(target, view), work)
    for line in lines:
        work.delete(line.id)
    if target.topic and not target.every:
        for line in told_elsewhere(lines, view):
            if all(m.concept in {x.concept for x in lines[0].findings} for m in line.findings):
                work.offer(ops.Delete(line.id))


def keep_only(command: c.KeepOnly, view: View, work: Working) -> None:
    """ "Keep only the first impression": every other statement of its section goes."""
    target = target_of(command.target, view)
    if command.section and not target.section:
        target = replace(target, section=command.section)
    kept = found_lines(resolve(target, view), work)
    sections = {line.section for line in kept}
    if len(sections) != 1:
        raise Ask(which_one(kept), kept)
    ids = {line.id for line in kept}
    gone = [line for line in view.in_section(kept[0].section) if line.id not in ids]
    if not gone:
        raise Ask(f"{kept[0].section} holds nothing else.")
    for line in gone:
        work.delete(line.id)


def _several(phrase: str, view: View) -> list[str]:
    """ "the first sentence of X and the last sentence of Y": two phrases, each naming sentences."""
    for match in re.finditer(r"\s*,?\s+(?:and|as well as|plus)\s+", phrase):
        left, right = phrase[: match.start()], phrase[match.end() :]
        if re.fullmatch(r"(?:sentences?|lines?|items?)?\s*[#s]?\d+.*", left) and re.match(
            r"[#]?\d+\b", right
        ):
            continue  # "sentences 2 and 3" is one phrase
        if is_explicit(left, view) and is_explicit(right, view):
            return [left, right]
        if _two_topics(left, right, view):
            return [left, right]
    return []


def _two_topics(left: str, right: str, view: View) -> bool:
    """True for "the granuloma and the hernia": two findings, each with sentences of its own."""
    named = [assertions.findings_of(x, view) for x in (left, right)]
    if not all(named) or {m.concept for m in named[0]} & {m.concept for m in named[1]}:
        return False
    found = [{x.id for x in fitting(p, view, view.fact_lines, every=True)} for p in (left, right)]
    return bool(found[0] and found[1]) and not found[0] & found[1]


def _delete_topic(target: Target, view: View, work: Working) -> None:
    """ "delete the effusion": a finding goes wherever it is stated; other findings stay."""
    pool = view.in_section(target.section) if target.section else view.fact_lines
    if not view.reading(target.topic).mentions and _only_words(target.topic, pool, view, work):
        return
    lines = fitting(target.topic, view, pool, every=target.every or target.mention)
    if not lines and not target.section:
        lines = fitting(target.topic, view, view.lines)
    if not lines:
        raise Ask(f"No sentence of the report is about “{target.topic[:80]}”.")
    lines = _one_finding(target, lines, view)
    if not target.section:
        lines = [
            *lines,
            *(
                x
                for x in told_elsewhere(tuple(lines), view)
                if _only_repeats(x, target.topic, lines, view)
            ),
        ]
    left: list[Line] = []
    for line in lines:
        if not _cut_topic(line, target.topic, view, work):
            left.append(line)
    if left:
        raise NeedsModel(f"Remove any mention of {target.topic}; keep everything else.", left)


def _only_repeats(line: Line, topic: str, lines: list[Line], view: View) -> bool:
    """True when the line says of another section's finding only that it is there."""
    found = [attributes.mention_of(x, topic, view) for x in lines]
    held = {m.concept for m in found if m is not None and m.concept and asserted(m)}
    own = {m.concept for m in line.findings}
    return bool(own) and own <= held and line.section not in {x.section for x in lines}


def _only_words(words: str, pool: Sequence[Line], view: View, work: Working) -> bool:
    """ "remove stable": words that name nothing are cut out of the one sentence that has them."""
    pattern = literal_pattern(words)
    lines = [x for x in pool if pattern.search(x.text)]
    if not lines or (len(lines) > 1 and not state_one_finding(tuple(lines), view)):
        return False
    heads = re.compile(pattern.pattern + r"\s+(?:is|are|was|were|has|have)\b", re.IGNORECASE)
    if any(heads.search(x.text) for x in lines):
        return False  # the subject of the sentence is no word to spare
    cut = {x.id: without_words(x.text, words) or "" for x in lines}
    cut = {i: tidy(_NO_SUBJECT.sub(".", text)) for i, text in cut.items()}
    for line in lines:
        left = {m.concept for m in view.reading(cut[line.id]).mentions}
        if not left or left != {m.concept for m in line.reading.mentions}:
            return False
    for line in lines:
        work.rewrite(line.id, cut[line.id])
    return True


def _one_finding(target: Target, lines: list[Line], view: View) -> list[Line]:
    """The lines of one finding: what is present goes before what is denied; two places are asked."""
    if target.every or target.mention or len(lines) == 1:
        return lines
    present = [x for x in lines if assertions.holds(x, target.topic, view)]
    lines = present or lines
    findings = [x for x in lines if x.section.lower() == "findings"]
    if len(findings) > 1:
        raise Ask(which_one(lines), lines)
    return lines


def _cut_topic(line: Line, topic: str, view: View, work: Working) -> bool:
    """Take a topic out of a line; False when only another wording can."""
    if asks_for_advice(topic):
        if re.match(
            r"(?:\d+\.\s*)?(?:consider|recommend|suggest|advise|follow|further)", line.text, re.I
        ):
            work.delete(line.id)
            return True
        fact = re.sub(
            r"(?:[,;]\s+[^,;]*?|\s+(?:and |with )?)\b(?:consider|recommend\w*|suggest\w*|advise\w*|follow[- ]?up)\b.*$",
            ".",
            line.text,
            flags=re.I,
        )
        if fact != line.text and len(stems(fact)) >= 2:
            work.rewrite(line.id, tidy(fact))
            return True
    mention = attributes.mention_of(line, topic, view)
    named = assertions.findings_of(topic, view)
    whole = _labelled(line, topic)
    organ = None if named or whole else attributes.anatomy_of(line, topic, view)
    if organ is not None and assertions.item_beside(line, organ.text):
        rest = without_item(line.text, organ.start, organ.end)
        if rest is not None and stems(rest):
            work.rewrite(line.id, rest)
        return rest is not None
    if whole or mention is None or not attributes.others(line, mention):
        work.delete(line.id)
        return True
    shorter = without_item(line.text, mention.start, mention.end) or without_phrase(
        line.text, mention.start, mention.end
    )
    if (
        shorter is None
        or not stems(shorter)
        or not assertions.keeps(shorter, line, mention.concept, view)
    ):
        return False
    work.rewrite(line.id, shorter)
    return True


def _labelled(line: Line, topic: str) -> bool:
    """True for a template sentence whose label is the topic: "the mediastinum" is all of it."""
    labels = [e.value for e in line.statement.evidence if e.kind is EvidenceKind.TEMPLATE]
    return any(stems(label) == stems(topic) for label in labels)


def cut_words(command: c.CutWords, view: View, work: Working) -> None:
    pattern = literal_pattern(command.words)
    if command.scope:
        target = target_of(command.scope, view)
        lines = found_lines(
            resolve(target, view, keep=lambda x: bool(pattern.search(x.text))), work
        )
    else:
        lines = tuple(x for x in view.lines if pattern.search(x.text))
    lines = tuple(x for x in lines if pattern.search(work.text(x.id)))
    if not lines:
        raise Ask(f"The words “{command.words[:80]}” are not there.")
    if len(lines) > 1 and not (
        command.scope or command.everywhere or state_one_finding(lines, view)
    ):
        raise Ask(which_one(lines), lines)
    for line in lines:
        cut = _without_item_or_words(work.text(line.id), pattern, command.words)
        if cut is None or not stems(cut):
            work.delete(line.id)
        else:
            work.rewrite(line.id, cut)


#: A clause that lost its subject: "...; cannot be excluded".
_NO_SUBJECT = re.compile(
    r"\s*[;,]\s*(?:cannot|can not|could|may|might|should|is|are|was|were)\b[^;.]*(?=[;.]|$)[.]?",
    re.IGNORECASE,
)


def _without_item_or_words(text: str, pattern: re.Pattern[str], words: str) -> str | None:
    """A whole item of a list is taken out with its joint; other words alone."""
    found = pattern.search(text)
    clause = without_clause(text, found.start(), found.end()) if found else None
    if clause is not None:
        return clause
    cut = without_words(text, words)
    if cut is not None and _NO_SUBJECT.search(cut):
        return tidy(_NO_SUBJECT.sub(".", cut)) if stems(_NO_SUBJECT.sub("", cut)) else None
    if cut is not None and re.search(
        r"\b(?:and|or|nor|no|of|with|without|for)\s*[.,;]|, (?:and|or) (?:and|or)\b|\b(?:and|or) (?:is|are|was|were)\b|^(?:and|or)\b",
        cut,
        re.I,
    ):
        shorter = without_item(text, found.start(), found.end()) if found else None
        return shorter or cut
    return cut


_COMPARISON_PHRASES = re.compile(
    r"[,;(]?\s*\b(?:(?:when |as )?compared (?:to|with)|in comparison (?:to|with)|since|from|relative to|than(?: on)?|versus|vs\.?)\s+"
    r"(?:the |a )?(?:(?:most recent|recent|prior|previous|preceding|last|earlier|old|outside)\s+)+"
    r"(?:(?:chest|radiographic|ct|mr|mri|us|ultrasound|plain)\s+)*"
    r"(?:exam(?:ination)?s?|stud(?:y|ies)|films?|radiographs?|x-?rays?|scans?|imaging|comparison|images?|ct|mri|ultrasound|report|one)?"
    r"(?:\s+(?:from|of|on|dated)\s+[\w/.,-]+(?:\s+\d{1,2},?)?(?:\s+\d{4})?)?\)?|"
    r"[,;(]?\s*\b(?:(?:appears? |is |are |remains? )?similar (?:in (?:size|appearance) )?(?:to|as) (?:the |on )?(?:prior|previous)"
    r"(?: (?:exam(?:ination)?s?|stud(?:y|ies)|films?|radiographs?|ct|imaging|one))?|again (?:seen|noted|identified|demonstrated|visuali[sz]ed)(?: is| are)?|as before|as previously (?:seen|noted|described)|"
    r"previously (?:seen|noted|described)|in the interval|interval|since prior|compared to prior|from prior|not significantly changed|"
    r"(?:overall |grossly |essentially |relatively |not significantly |without (?:significant )?(?:interval )?)*(?:stable|unchanged|change)(?: in (?:appearance|size))?|"
    r"(?:is|are) again(?= )|again)\b\)?",
    re.IGNORECASE,
)


def cut_comparison(command: c.CutComparison, view: View, work: Working) -> None:
    pool = lines_of(command.scope, view, work) if command.scope else view.fact_lines
    lines = [x for x in pool if x.reading.comparisons or _COMPARISON_PHRASES.search(x.text)]
    if not lines:
        raise Ask("No sentence compares with a prior examination.")
    for line in lines:
        cut = _without_changes(without_comparison(line.text), view)
        reading = view.reading(cut) if cut else None
        if reading is None or not (reading.mentions or reading.quantities):
            work.delete(line.id)
        elif reading.comparisons or {m.concept for m in line.findings} - {
            m.concept for m in reading.mentions
        }:
            raise NeedsModel("Remove every comparison with a prior; keep everything else.", [line])
        else:
            work.rewrite(line.id, cut)


def _without_changes(text: str, view: View) -> str:
    """The sentence without the words of change that the reader still finds ("worsening of")."""
    for _ in range(3):
        found = view.reading(text).comparisons if text else ()
        if not found:
            break
        _, start, end = found[0]
        rest = re.sub(r"^\s*(?:of|in)\b", "", text[end:])
        text = tidy(
            re.sub(r"\b(?:interval|slight|slightly|mild interval)\s*$", "", text[:start]) + rest
        )
    return text if stems(text) else ""


def without_comparison(text: str) -> str:
    """The sentence without words that compare it with an earlier examination; "" when none is left."""
    cut = text
    while (match := _COMPARISON_PHRASES.search(cut)) is not None and match.group().strip():
        closing = match.group().strip()[-1] in ",;" or (
            match.start() == 0 and cut[match.end() : match.end() + 1] in (",", ";")
        )
        goes_on = match.group()[0] in ",;" and re.match(r"\s*\w", cut[match.end() :])
        joint = match.group()[0] + " " if goes_on else ("" if closing else " ")
        cut = cut[: match.start()] + joint + cut[match.end() :]
    cut = re.sub(r"\b(?:is|are|has|have|remains?|appears?)\s*(?=[.;]|$)", "", cut)
    cut = re.sub(r"\s+(?:and|or|but)\s*(?=[.;,]|$)", "", cut)
    cut = re.sub(r"^\s*(?:and|or|but|,)\s+", "", cut)
    cut = tidy(cut)
    return cut if stems(cut) else ""
