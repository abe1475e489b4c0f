"""Plain statements of fact: "8 mm, not 6 mm", "the effusion is moderate", "there is no fracture"."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.domain.findings import Presence
from radassist.workflow.chat import attributes
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.aligning import Aligned, aligned
from radassist.workflow.chat.denials import contradicted
from radassist.workflow.chat.resolving import fitting
from radassist.workflow.chat.spoken import starts_with_verb
from radassist.workflow.chat.targets import is_explicit, parse_target
from radassist.workflow.chat.view import View
from radassist.workflow.chat.wording import literal_pattern, sentence, stems

_NOT = r"(?:,?\s*(?:and |but )?not|,?\s*instead of|,?\s*rather than|,?\s*as opposed to|,?\s*in place of)"
_COPULA = (
    r"(?:is|are|was|were|measures?|measured|measuring|should (?:be|read|say|measure)|must be|has to be|needs to be|"
    r"ought to be|lies|is located|reads?|has|have|shows?|looks?|appears?|seems|is now|are now|is actually|"
    r"are actually|is really|should actually be|should have been|was actually|remains?|spans?|reaches)"
)
_PRONOUN = r"(?:it|this|that|these|those|they|the (?:size|side|laterality|finding|location|measurement|answer|report))"


def preference(text: str, scope: str, view: View) -> c.Command | None:
    """ "I would rather say locally advanced than borderline resectable"."""
    match = re.fullmatch(
        r"(?:i(?:'d| would)\s+)?(?:rather|prefer)\s+(?:to\s+)?(?:say\s+)?(.+?)\s+(?:than|over|to)\s+(.+)",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    if match is None or not _somewhere(_value(match.group(2)), view):
        return None
    return c.Substitute(((_value(match.group(2)), _value(match.group(1))),), scope)


def wrong_side(text: str, scope: str, view: View) -> c.Command | None:
    """ "Wrong side for the C6 fracture, it's right"."""
    match = re.fullmatch(
        r"wrong side (?:for|of|on|in) (?:the\s+)?(.+?)[,;:]\s+(?:it'?s|it is|should be|it should be)\s+"
        r"(?:the\s+|on the\s+)?(left|right)",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    if match is None or parse_target(match.group(1), view) is None:
        return None
    return c.Describe(_subject(match.group(1)), "is", match.group(2).lower(), "", scope)


def _only_there(text: str, scope: str, view: View) -> tuple[str, str]:
    """ "..., but only in the impression": where, taken off the end."""
    only = re.fullmatch(r"(.+?),?\s+(?:but\s+)?only\s+in\s+(?:the\s+)?(.+)", text, re.I)
    if only and is_explicit(only.group(2), view):
        return only.group(1), only.group(2)
    return text, scope


def contrast(text: str, scope: str, view: View) -> c.Command | None:
    """ "the nodule is 8 mm not 6 mm", "it's left not right", "8 mm instead of 6 mm"."""
    text = re.sub(r"^(it|that|this)'s\b", r"\1 is", text.rstrip(" .!"), flags=re.I)
    text, scope = _only_there(text, scope, view)
    reverse = re.fullmatch(
        rf"(?:(.+?)\s+{_COPULA}\s+)?not\s+(.+?),?\s+but\s+(?:rather\s+)?(.+)", text, re.I
    )
    head = ""
    if reverse:
        subject, old, new = reverse.group(1) or "", reverse.group(2), reverse.group(3)
    else:
        match = re.fullmatch(rf"(.+?){_NOT}\s+(.+)", text, re.IGNORECASE)
        if match is None:
            return None
        head, old = match.group(1), match.group(2)
        if re.search(rf"\b{_COPULA}$", head, re.I):
            return None  # "the lung is not clear" contrasts nothing
        said = re.fullmatch(rf"(?:(.+?)\s+)?\b{_COPULA}\s+(.+)", head, re.IGNORECASE)
        if said:
            subject, new = said.group(1) or "", said.group(2)
        else:
            subject, new = _noun_and_value(head, view)
    old, where = _scope(old, view)
    where = where or scope
    subject = _subject(subject)
    if subject and is_explicit(subject, view):
        where, subject = subject, ""
    full = _value(new)
    pair = _aligned(_value(old), full, subject, view)
    if pair is not None:
        about = pair.about if not where else ""
        return c.Substitute(
            ((pair.old, pair.new),), where, subject="" if where else subject or about
        )
    old, new = _reduced(_value(old), full, view)
    if not subject and not where and new in full.split() and len(full.split()) > 1:
        subject = " ".join(w for w in full.split() if w != new)
        subject = subject if parse_target(subject, view) is not None else ""
    if len(new.split()) - len(old.split()) >= 2 and not attributes.is_attribute(new):
        return statement(head, scope, view) if subject and not reverse else None
    if not old or not new or not _knows(old, subject, view):
        return None
    return c.Substitute(((old, new),), where, subject="" if where else subject)


def _aligned(old: str, new: str, subject: str, view: View) -> Aligned | None:
    """The pair that two phrases come to, where the report holds the old words of it.

    None where one phrase is already literally what stands in the report, or where the rest of the
    longer phrase names nothing in it.
    """
    if len(old.split()) == len(new.split()) == 1:
        return None
    pair = aligned(old, new, view.vocabulary)
    if pair is None:
        return None
    if subject and pair.about:
        return None  # "the mass is left upper lobe, not right": the place keeps its own reading
    about = subject or pair.about
    if pair.about and not fitting(pair.about, view, view.fact_lines, every=True):
        return None
    held = _somewhere(pair.old, view) or (about and attributes.is_attribute(pair.old))
    return pair if held else None


def _scope(old: str, view: View) -> tuple[str, str]:
    match = re.fullmatch(r"(.+?),?\s+(?:in|of|for)\s+(?:the\s+)?(.+)", old, re.IGNORECASE)
    if match and is_explicit(match.group(2), view):
        return match.group(1), match.group(2)
    return old, ""


def _noun_and_value(head: str, view: View) -> tuple[str, str]:
    """("", "8 mm") of "8 mm"; ("nodule", "8 mm") of "nodule 8 mm" or "8 mm nodule"."""
    head = re.sub(
        r"^(?:use|say|write|put|call (?:it|this|that|them)|i want|i'd say|it|i meant|i mean|meant)\s+(?:an?\s+)?",
        "",
        head,
        flags=re.I,
    )
    match = re.fullmatch(
        r"(?:the\s+)?([a-z -]+?)\s*[:,]?\s+(" + attributes.QUANTITY + r"|\d\.\d+)", head, re.I
    )
    if match and parse_target(match.group(1), view) is not None:
        return match.group(1), match.group(2)
    return "", head


def _subject(words: str) -> str:
    subject = re.sub(r"^(?:the|that|this|an?)\s+", "", words.strip(), flags=re.I)
    if re.fullmatch(_PRONOUN, words.strip(), re.I) or subject.lower() in ("size", "side", "there"):
        return ""
    return re.sub(
        r"^(?:size|side|diameter|location|measurement|laterality)\s+of\s+(?:the\s+)?|\s+(?:size|side|diameter|measurement)$",
        "",
        subject,
        flags=re.I,
    )


def _value(words: str) -> str:
    text = words.strip().strip("\"'").rstrip(".,;")
    text = re.sub(r"^(?:(?:on|in|at|to|of|by)\s+)?(?:the\s+|an?\s+)?", "", text, flags=re.I)
    return re.sub(r"\b(left|right)(?:[- ]hand)?[- ]sided?$", r"\1", text, flags=re.I).strip()


def _reduced(old: str, new: str, view: View) -> tuple[str, str]:
    """The words that really differ: "right lower lobe" against "left" is right against left."""
    sides = re.compile(r"\b(left|right|bilateral)\b", re.I)
    old_sides, new_sides = sides.findall(old), sides.findall(new)
    if len(old_sides) == 1 == len(new_sides) and old_sides[0].lower() != new_sides[0].lower():
        rest_old, rest_new = sides.sub("", old).strip(), sides.sub("", new).strip()
        if (not rest_old or not rest_new or rest_old.lower() == rest_new.lower()) and (
            not literal_pattern(old).search("\n".join(x.text for x in view.lines)) or not rest_old
        ):
            return old_sides[0].lower(), new_sides[0].lower()
    if len(old.split()) == 1 and len(new.split()) > 1:
        alike = attributes.rivals(old)
        said = [w for w in new.split() if w.lower() in alike and w.lower() != old.lower()]
        if len(said) == 1:
            return old, said[0]
    numbers = re.findall(r"\d+(?:\.\d+)?", new)
    if re.fullmatch(r"\d+(?:\.\d+)?(?:\s*(?:to|-)\s*\d+(?:\.\d+)?)", old) and len(numbers) == 1:
        return old, numbers[0]
    number = re.fullmatch(r"(\d+(?:\.\d+)?)", old)
    unit = re.fullmatch(r"\d+(?:\.\d+)?\s*([a-z%]+)", new, re.I)
    if number and unit:
        full = f"{old} {unit.group(1)}"
        if _somewhere(full, view):
            return full, new
    old_full = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z%]+)", old, re.I)
    if old_full and re.fullmatch(r"\d+(?:\.\d+)?", new):
        return old, f"{new} {old_full.group(2)}"
    return old, new


def _somewhere(words: str, view: View) -> bool:
    pattern = literal_pattern(words)
    return any(pattern.search(line.text) for line in view.lines)


def _knows(old: str, subject: str, view: View) -> bool:
    return (
        _somewhere(old, view)
        or (bool(subject) and attributes.is_attribute(old))
        or bool(attributes.is_attribute(old))
    )


def grade(text: str, scope: str, view: View) -> c.Command | None:
    """ "TI-RADS for the right nodule should be 4", "make it BI-RADS 4B", "the grade is 3"."""
    match = re.fullmatch(
        rf"(?:(?:make|set|change|update|upgrade|downgrade)\s+)?(?:the\s+)?(?P<what>{attributes.GRADE})(?:\s+(?:category|score|level))?"
        rf"(?:\s+(?:of|for)\s+(?:the\s+)?(?P<of>.+?))?\s+(?:is|should be|to|must be)\s+(?:actually\s+)?"
        rf"(?:{attributes.GRADE}\s*)?(?P<new>\d\w?|[IV]+)|"
        rf"(?:make|set)\s+(?:it|this|that)\s+(?:a\s+)?(?P<it>{attributes.GRADE}[\s-]*(?:\d\w?|[IV]+))",
        text.rstrip(" ."),
        re.IGNORECASE,
    )
    if match is None:
        moved = re.fullmatch(
            rf"(?:upgrade|downgrade|raise|lower|change|set|make)\s+(?:the\s+)?(.+?)\s+(?:to|a)\s+({attributes.GRADE}[\s-]*(?:\d\w?|[IV]+))",
            text.rstrip(" ."),
            re.IGNORECASE,
        )
        if (
            moved is None
            or is_explicit(moved.group(1), view)
            or attributes.is_grade(moved.group(1))
        ):
            return None
        return c.Describe(_subject(moved.group(1)), "is", moved.group(2), "", scope)
    value = match.group("it") or f"{match.group('what')} {match.group('new')}"
    return c.Describe(_subject(match.group("of") or ""), "is", value, "", scope)


def correction(text: str, scope: str, view: View) -> c.Command | None:
    """ "left should be right", "the effusion should be moderate", "should be 8 mm"."""
    named = re.fullmatch(r"([a-z -]{3,40}):\s+(.+)", text.rstrip(" .!"), re.I)
    if named and attributes.is_attribute(named.group(2)):
        return _described(named.group(1), "is", named.group(2), text, scope, view)
    match = re.fullmatch(
        r"(.+?)\s+(?:should(?: actually| really)?|must|needs to|has to|ought to)\s+(?:be|have been|measure|say|read)\s+(.+)",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    if match is None:
        return None
    first, second = match.group(1), match.group(2)
    bare = re.fullmatch(r"\d+(?:\.\d+)?", first)
    unit = re.search(r"\s*[a-z%]+$", second, re.IGNORECASE)
    if bare and unit and _somewhere(first + unit.group(), view):
        return c.Substitute(((first + unit.group(), second),), scope)
    second, where = _scope(second, view)
    where = where or scope
    old, new = _value(first), _value(second)
    if attributes.is_attribute(old) and attributes.is_attribute(new):
        old, new = _reduced(old, new, view)
        return c.Substitute(((old, new),), where)
    pair = _aligned(old, new, "", view)
    if pair is not None and (pair.about or _somewhere(old, view)) and not is_explicit(first, view):
        return c.Substitute(((pair.old, pair.new),), where, subject="" if where else pair.about)
    return _described(first, "is", second, text, where, view)


def slot(old: str, new: str, view: View) -> c.Command | None:
    """ "(change) the nodule size to 8 mm", "the effusion to moderate": a value, not words for words."""
    if not attributes.is_attribute(new):
        return None
    subject = _subject(old)
    if not subject or attributes.is_attribute(subject):
        return None
    target = parse_target(subject, view)
    if target is None or (target.numbers or target.ids or target.whole_section):
        return None if target is None else c.Describe("", "is", _value(new), "", subject)
    topic = re.sub(r"\s+(?:sentence|statement|line)$", "", subject)
    return c.Describe(topic, "is", _value(new), "", "")


def made(verb: str, rest: str, scope: str, view: View) -> c.Command | None:
    """ "make the effusion moderate", "make the nodule 8 mm"."""
    if verb not in ("make", "set", "turn", "change", "correct", "fix", "update"):
        return None
    return _made_it(rest, scope, view) or _made_so(rest, scope, view)


def _made_so(rest: str, scope: str, view: View) -> c.Command | None:
    words = rest.split()
    for cut in range(1, len(words)):
        subject, value = " ".join(words[:cut]), " ".join(words[cut:])
        if attributes.is_attribute(value) and not attributes.is_attribute(subject):
            if re.fullmatch(_PRONOUN, subject, re.I):
                return c.Describe("", "is", _value(value), "", scope)
            target = parse_target(subject, view)
            if target is None:
                return None
            if target.numbers or target.ids:
                return c.Describe("", "is", _value(value), "", subject)
            return c.Describe(_subject(subject), "is", _value(value), "", scope)
    return None


def _made_it(rest: str, scope: str, view: View) -> c.Command | None:
    """ "(make) it grade 3 chondromalacia", "it a moderate effusion"."""
    whole = re.fullmatch(
        rf"(?:it|this|that)\s+(?:an?\s+)?({attributes.GRADE}[\s-]*\w+|\S+(?:\s+[mc]m)?)\s+(.+)",
        rest,
        re.I,
    )
    if whole and parse_target(whole.group(2), view) is not None:
        value = _value(whole.group(1))
        graded = re.fullmatch(rf"{attributes.GRADE}[\s-]*\w+", value, re.I)
        if (graded or attributes.is_attribute(value)) and fitting(
            whole.group(2), view, view.fact_lines
        ):
            return c.Describe(_subject(whole.group(2)), "is", value, "", scope)
    return None


_GONE = (
    r"(?:(?:is|are|was|were) (?:absent|not (?:present|seen|there|identified|visible|visuali[sz]ed|evident|noted|demonstrated)|"
    r"gone|ruled out|excluded|no longer (?:present|seen|visible|there))|"
    r"(?:isn'?t|aren'?t|wasn'?t) (?:present|seen|there|visible|identified))"
)
_SEEN = r"(?:is|are|was|were) (?:also )?(?:now )?(?:present|seen|noted|identified|visible|there|evident|visuali[sz]ed|demonstrated)"


def statement(text: str, scope: str, view: View) -> c.Command | None:
    """A sentence that says how things are; None when nothing in it is a thing that is reported."""
    if starts_with_verb(text):
        return None  # an instruction that no pattern knows is never a finding
    clean = _REMARK.sub("", text.strip().rstrip(" .!"))
    clean = re.sub(
        r"^([A-Za-z -]{3,40}?)'s\s+(?=in\b|on\b|at\b|left\b|right\b|\d)", r"\1 is ", clean
    )
    clean = re.sub(
        r"^(?:but|in fact|in reality|i think|i see|we see|i believe|correction:?)\s+(?:that\s+)?",
        "",
        clean,
        flags=re.I,
    )
    denied = re.fullmatch(
        r"(?:there(?:'s| is| are|re)\s+|the patient has\s+|i see\s+)?(?:actually\s+)?(?:no|not an?|not any|isn'?t an?y?|aren'?t any)\s+(?:evidence (?:of|for)\s+|sign of\s+)?(.+)",
        clean,
        re.IGNORECASE,
    ) or re.fullmatch(r"there (?:isn'?t|aren'?t|is not|are not)\s+(?:an?y?\s+)(.+)", clean, re.I)
    if denied:
        topic = re.sub(
            r"\s+(?:seen|present|identified|noted|visible|anywhere|evident|here|at all|visuali[sz]ed)$",
            "",
            denied.group(1),
        )
        known = view.reading(topic).mentions or (
            set(stems(topic)) and any(set(stems(topic)) <= set(x.stems) for x in view.fact_lines)
        )
        return c.Deny(topic, sentence(_no(clean, topic))) if known else None
    gone = re.fullmatch(
        rf"(?:the |any )?(.+?)\s+{_GONE}(?:\s+(?:any ?more|here))?", clean, re.IGNORECASE
    )
    if gone and view.reading(gone.group(1)).mentions:
        return c.Deny(gone.group(1), sentence(f"no {gone.group(1)}"))
    there = re.fullmatch(
        r"(?:there(?:'s| is| are|re)|the patient has|i see|we see)\s+(also\s+|now\s+|actually\s+|in fact\s+)?(.+)",
        clean,
        re.I,
    )
    if there and _is_a_thing(there.group(2), text, view):
        also = (there.group(1) or "").strip().lower() == "also" or bool(
            re.search(r"\b(?:also|another|too|as well)\b", clean, re.I)
        )
        own = re.sub(
            r"^there's\b",
            "there is",
            re.sub(r"^(?:i|we) see\b", "there is", clean, flags=re.I),
            flags=re.I,
        )
        own = re.sub(
            r"\s+(?:too|as well)$",
            "",
            re.sub(r"\b(there (?:is|are)) (?:also|now|actually|in fact)\b", r"\1", own, flags=re.I),
        )
        return c.Assert(sentence(own), also)
    seen = re.fullmatch(rf"(.+?)\s+{_SEEN}", clean, re.IGNORECASE)
    if seen and view.reading(seen.group(1)).mentions:
        return c.Assert(sentence(clean), " also " in f" {clean} ")
    return _predicate(clean, text, scope, view)


#: What people add to a fact about themselves: "..., I mis-measured".
_REMARK = re.compile(r",\s+(?:i|we|my)\s+(?:\S+\s*){1,4}$", re.IGNORECASE)


def _is_a_thing(words: str, text: str, view: View) -> bool:
    """True when "there is" is followed by something that a report can state."""
    if view.reading(words).mentions or contradicted(words, view.fact_lines):
        return True
    return bool(re.match(r"there\b", text, re.I)) and len(stems(words)) >= 2


def _no(clean: str, topic: str) -> str:
    if re.match(r"there (?:is|are) no\b|no\b", clean, re.I):
        return clean
    return f"no {topic}"


def _predicate(clean: str, text: str, scope: str, view: View) -> c.Command | None:
    match = re.fullmatch(
        r"(.+?)\s+(is(?: now| actually)?|are(?: now| actually)?|was|were|measures?|measured|appears?|looks?|remains?|has|have|shows?|contains?|"
        r"demonstrates?|extends?|terminates?|lies|projects?|involves?|represents?|suggests?|ends|spans?|reaches|reach|sits|deviates|resides|arises|abuts|originates)\s+(.+)",
        clean,
        re.IGNORECASE,
    )
    if match is None:
        reading = view.reading(clean)
        positive = [m for m in reading.mentions if m.kind in ("finding", "device")]
        lead = clean[: min(m.start for m in positive)] if positive else ""
        noun_phrase = (
            bool(positive) and len(clean.split()) <= 12 and not _LOOSE.sub("", lead).strip()
        )
        return c.Assert(sentence(clean)) if noun_phrase and len(clean.split()) > 1 else None
    own = clean if _REMARK.search(text) else text
    if re.match(r"not\s", match.group(3), re.I):
        denied = [m for m in view.reading(clean).findings() if m.presence is Presence.ABSENT]
        if len(denied) == 1 and len(view.reading(clean).findings()) == 1:
            return c.Deny(denied[0].text, sentence(own))
    return _described(match.group(1), match.group(2), match.group(3), own, scope, view)


#: What may stand before a finding in a phrase that states it: "probable small left ...".
_LOOSE = re.compile(
    rf"\b(?:{attributes.SEVERITY}|{attributes.SIDE}|{attributes.QUALIFIER}|an?|new|one|two|three|"
    rf"multiple|several|few|scattered|some|single|solitary|probable|possible|likely|suspected|"
    rf"questionable|subtle|early|upper|lower|middle|lobe|lung|base|apical|basal|basilar|bibasilar)"
    rf"(?!\w)|{attributes.QUANTITY}|[,.-]",
    re.IGNORECASE,
)


def _noun_led(subject: str, text: str, view: View) -> bool:
    """True when the sentence begins with a thing, not with a verb that no pattern knows."""
    first = re.match(r"[A-Za-z-]+", subject)
    if first is None:
        return False
    word = first.group().lower()
    if re.fullmatch(r"the|this|that|these|those|an?|both|all|no|it|there", word):
        return True
    if word in view.vocabulary or _LOOSE.fullmatch(word):
        return True
    if any(m.start == 0 for m in view.reading(subject).mentions):
        return True
    return text[:1].isupper() and text.rstrip().endswith(".")


def _described(  # noqa: PLR0911  one return a pattern
    subject: str, verb: str, value: str, text: str, scope: str, view: View
) -> c.Command | None:
    if not _noun_led(subject, text, view):
        return None
    subject_words = _subject(re.sub(r"^it is\b", "it", subject))
    if re.fullmatch(_PRONOUN, subject.strip(), re.I) or not subject_words:
        if not attributes.is_attribute(value):
            return None
        return c.Describe("", verb, _value(value), "", scope)
    if is_explicit(subject, view):
        if not attributes.is_attribute(value):
            return None
        return c.Describe("", verb, _value(value), "", subject)
    own = re.sub(
        r"\b(should(?: actually| really)?|must|needs to|has to|ought to) (?:be|have been|measure)\b",
        "is",
        text.strip(),
        flags=re.I,
    )
    own = re.sub(r"\b(is|are) (?:now|actually|really)\b", r"\1", own)
    reading = view.reading(own)
    if not reading.mentions and parse_target(subject_words, view) is None:
        return None
    return c.Describe(subject_words, verb.split(maxsplit=1)[0], value.strip(), sentence(own), scope)
