"""Phrase memory without a store: what a signed report teaches, and what a draft then says."""

from __future__ import annotations

from dataclasses import replace

from radassist.domain import lifecycle, operations
from radassist.domain.document import ReportDocument
from radassist.domain.history import HistoryEntry
from radassist.domain.operations import Delete, Insert, Operation, Replace
from radassist.domain.phrases import (
    PHRASE_MEMORY,
    Phrase,
    PhraseKey,
    PhraseUse,
    Worded,
    origin_of,
    ranked,
    reworded,
    uses_of,
    wordings,
)
from radassist.domain.report import (
    Provenance,
    Report,
    ReportState,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.library.lexicon import load_lexicon
from radassist.library.wording import load_vocabulary

LEXICON, WORDS = load_lexicon(), load_vocabulary()
AT = "2026-03-01T12:00:00Z"
NONE_SEEN = "No pneumothorax or pleural effusion is seen."
TOPIC = "pleural-effusion:absent pneumothorax:absent"


class Job:
    """A report and what is done to it."""

    def __init__(self, *drafted: str, origin: list[dict[str, object]] | None = None) -> None:
        self.base = empty_report("r", StudyContext(), "chest-radiograph@1")
        if origin:
            self.base = replace(self.base, origin={"phrases": origin})
        self.report: Report = self.base
        self.history: tuple[HistoryEntry, ...] = ()
        for place, text in enumerate(drafted):
            statement = Statement(f"s{place + 1}", text, Provenance("template"))
            self.do(Insert("Findings", place, statement), "draft", "template")

    def do(self, operation: Operation, how: str, actor: str = "Roe") -> None:
        inverse = operations.inverse(self.report, operation)
        entry = HistoryEntry(len(self.history) + 1, AT, actor, how, operation, inverse)
        self.history = (*self.history, entry)
        self.report = operations.apply(self.report, operation)

    def write(self, statement_id: str, text: str, how: str = "typed", actor: str = "Roe") -> None:
        statement = Statement(
            statement_id, text, Provenance("radiologist", how), (), StatementState.EDITED
        )
        self.do(Replace(statement), how, actor)

    def signed(self) -> ReportDocument:
        report = lifecycle.signed(self.report, ReportState.PRELIMINARY, "Roe", AT)
        report = lifecycle.signed(report, ReportState.FINAL, "Roe", AT)
        return ReportDocument(self.base, report, self.history)


def key(pattern: str, topic: str = TOPIC, user: str = "Roe") -> PhraseKey:
    return PhraseKey(user, "chest-radiograph", "Findings", topic, pattern)


def learned(document: ReportDocument) -> list[PhraseUse]:
    return uses_of(document, LEXICON, WORDS)


def said(report: Report, *phrases: Phrase) -> dict[str, str]:
    return {w.statement_id: w.text for w in reworded(report, "Findings", phrases, LEXICON, WORDS)}


def test_what_a_user_wrote_is_learned_and_what_was_left_alone_is_not() -> None:
    job = Job("No pleural effusion or pneumothorax.", "The heart is normal in size.")
    job.write("s1", NONE_SEEN)
    job.do(operations.accept("s2"), "key")
    assert learned(job.signed()) == [PhraseUse(key(NONE_SEEN), written=1)]


def test_each_author_learns_his_own_words() -> None:
    job = Job("No pleural effusion or pneumothorax.", "The heart is normal in size.")
    job.write("s1", NONE_SEEN, actor="Doe")
    job.write("s2", "Heart size normal.", "dictated")
    users = {u.key.user: u.key.pattern for u in learned(job.signed())}
    assert users == {"Doe": NONE_SEEN, "Roe": "Heart size normal."}


def test_a_side_changed_by_chat_is_the_drafts_wording_still() -> None:
    job = Job("Small left pleural effusion.")
    job.write("s1", "Small right pleural effusion.", "chat")
    assert learned(job.signed()) == []
    job.write("s1", "There is a small right pleural effusion.", "chat")
    assert [u.key.pattern for u in learned(job.signed())] == [
        "There is a {degree} {side} pleural effusion."
    ]


def test_imported_deleted_and_rejected_sentences_teach_nothing() -> None:
    job = Job("No pleural effusion or pneumothorax.", "The heart is normal in size.")
    job.write("s1", NONE_SEEN)
    job.write("s2", "Heart size normal.")
    job.do(Delete("s1"), "key")
    job.do(operations.reject("s2"), "key")
    imported = Statement("s9", "Heart size normal.", Provenance("import"))
    job.do(Insert("Findings", 9, imported), "import")
    assert learned(job.signed()) == []


def test_a_patients_name_in_a_typed_sentence_is_never_kept() -> None:
    job = Job("No pleural effusion or pneumothorax.")
    job.write("s1", "No pleural effusion or pneumothorax in Miller.")
    assert learned(job.signed()) == []


def test_the_draft_is_worded_as_the_user_words_it_for_the_same_facts_only() -> None:
    job = Job("No pleural effusion or pneumothorax.", "No pleural effusion.", "Heart enlarged.")
    assert said(job.report, Phrase(key(NONE_SEEN), 1)) == {"s1": NONE_SEEN}
    other_template = replace(key(NONE_SEEN), template="ct-chest")
    assert said(job.report, Phrase(other_template, 1)) == {}
    job.write("s1", "No effusion or pneumothorax.")
    assert said(job.report, Phrase(key(NONE_SEEN), 1)) == {}, "the user's own words stay"


def test_a_stored_phrase_that_says_more_is_not_used() -> None:
    """Whatever stands in the table: the reader has the last word."""
    job = Job("No pleural effusion or pneumothorax.")
    for pattern in (
        "No pleural effusion, pneumothorax or mass.",
        "Small pleural effusion, no pneumothorax.",
        "No pleural effusion or pneumothorax on the left.",
        "No pleural effusion or pneumothorax, Smith.",
        "No pleural effusion or pneumothorax after surgery.",
    ):
        assert said(job.report, Phrase(key(pattern), 9)) == {}, pattern


def test_the_most_used_wording_comes_first_and_a_refused_one_last() -> None:
    often = Phrase(key("There is no effusion or pneumothorax."), 3, 0, 0, "2026-01-01")
    late = Phrase(key(NONE_SEEN), 1, 1, 0, "2026-02-01")
    out = Phrase(key("Negative for pneumothorax or effusion."), 2, 0, 2, "2026-03-01")
    assert ranked([late, out, often]) == [often, late]
    job = Job("No pleural effusion or pneumothorax.")
    assert said(job.report, late, out) == {"s1": NONE_SEEN}
    same = Phrase(key("No pleural effusion or pneumothorax."), 5)
    assert said(job.report, late, same) == {}, "the draft has the preferred words already"


def offered_job() -> Job:
    worded = Worded("s1", NONE_SEEN, key(NONE_SEEN))
    job = Job("No pleural effusion or pneumothorax.", origin=[origin_of(worded)])
    statement = Statement("s1", NONE_SEEN, Provenance("template", PHRASE_MEMORY))
    job.do(Replace(statement), "draft", PHRASE_MEMORY)
    return job


def test_an_offered_wording_that_is_kept_counts_for_it() -> None:
    assert learned(offered_job().signed()) == [PhraseUse(key(NONE_SEEN), kept=1)]


def test_an_offered_wording_that_is_changed_counts_against_it() -> None:
    job = offered_job()
    job.write("s1", "There is no pleural effusion or pneumothorax.")
    assert learned(job.signed()) == [
        PhraseUse(key("There is no pleural effusion or pneumothorax."), written=1),
        PhraseUse(key(NONE_SEEN), refused=1),
    ]


def test_a_finding_that_was_not_there_says_nothing_about_its_wording() -> None:
    job = offered_job()
    job.do(operations.reject("s1"), "key")
    assert learned(job.signed()) == []


def test_both_wordings_of_a_draft_are_in_its_history() -> None:
    (program, own) = wordings(offered_job().history)["s1"]
    assert (program.text, own.text) == ("No pleural effusion or pneumothorax.", NONE_SEEN)
    assert wordings(Job("The lungs are clear.").history) == {}
