"""What is said to a board is plain English and holds no name and no free text."""

from consent.decision import decide
from consent.sentences import PERMISSION_WORDS, explain, history
from schemas.consent import Permission, Use
from tests.consent.making import (
    Destroyed,
    Entry,
    change,
    consent,
    decline,
    form,
    passage,
    reaffirm,
    register_of,
    session,
    undo,
    withdraw,
)

FORM = form()
MARCH = session("march", "2026-03-04T09:00-08:00", cycle="1")
AT = "2026-02-20T10:00-08:00"


def told(*entries: Entry, person: str = "P01") -> list[str]:
    return history(register_of([FORM, MARCH, *entries]), person)


def explained(*entries: Entry, use: Use = Use.ANALYSIS, passage: str | None = None) -> list[str]:
    return explain(decide(register_of([FORM, MARCH, *entries]), "P01", session=MARCH, use=use, passage=passage))


def test_history_tells_each_thing_asked_in_order() -> None:
    lines = told(
        consent("P01", AT, "first_name", level_practice="named", quote_research="ask", organisation="named"),
        change("P01", AT, applies="all", reach="session:march", archive="no", credit="Aroha Ngata, with love"),
        reaffirm("P01", AT, "2026-1"),
        withdraw("P01", AT, "keep_deidentified"),
        undo("P01", AT),
        decline("P02", AT),
    )
    when = "20 February 2026, 10:00 (UTC-08:00): P01 "
    assert lines == [
        f"{when}signed form 2026-1, for the whole study: first name; named in practice publications; "
        "wants to be asked before quotation in research; employer may be named.",
        f"{when}changed their choices, for session march: refuses archiving; asks to be acknowledged."
        " For everything ever said.",
        f"{when}went over to form 2026-1, all else unchanged, for the whole study.",
        f"{when}withdrew and asks that only de-identified words be kept, for the whole study.",
        f"{when}took the withdrawal back, for the whole study.",
    ]


def test_history_says_what_was_destroyed_and_what_is_still_to_be_asked() -> None:
    lines = told(
        consent("P01", AT, "named"),
        change("P01", AT, reach="session:march", level="unnamed"),
        change("P01", "2026-03-20T10:00Z", level="first_name"),
    )
    assert lines[3:] == [
        "To be asked: whether what was said on 20 March 2026 was meant to lift the narrower choice of "
        "20 February 2026 (how they are shown, for session march). Until then the narrower choice holds."
    ]
    erased = told(consent("P01", AT), withdraw("P01", AT, "erase"), Destroyed(3))
    assert erased[-1].endswith(
        "asks that their words be deleted, for the whole study. Carried out: the words were destroyed."
    )


def test_a_community_is_named_as_such() -> None:
    lines = told(consent("P01", AT, reach="session:march", given_by="community:iwi"))
    assert lines == ["20 February 2026, 10:00 (UTC-08:00): A community signed form 2026-1, for session march: named."]


def test_a_decision_is_explained_with_what_is_allowed_asked_and_refused() -> None:
    lines = explained(consent("P01", AT, "pseudonym", organisation="named"))
    assert lines[:2] == [
        "P01 takes part, for session march. For analysis: made-up name.",
        "Their employer may be named.",
    ]
    assert lines[2].startswith("Allows: having their voice recorded, having their words written down")
    assert lines[3] == "To be asked before: quotation in research, quotation in practice publications."
    assert lines[4].startswith("Refuses: ")


def test_a_decision_that_allows_nothing_says_why() -> None:
    assert explained() == ["P01, for session march: has signed no form that covers this, so nothing of theirs is used."]
    assert explained(decline("P01", AT)) == [
        "P01, for session march: declined to take part, so nothing of theirs is used."
    ]
    assert explained(consent("P01", AT), withdraw("P01", AT, "erase")) == [
        "P01, for session march: withdrew: every use is stopped."
    ]
    withheld = explained(consent("P01", AT, "withheld"), use=Use.PRACTICE)
    assert withheld[0] == "P01 takes part, for session march. In practice publications: not used."


def test_words_that_are_never_quoted_are_said_to_be() -> None:
    lines = explained(consent("P01", AT), passage("aaaaaaaaaaa1", "march", "not_mine"), passage="aaaaaaaaaaa1")
    assert "These words are never quoted." in lines
    assert lines[0] == "P01 takes part, for passage aaaaaaaaaaa1. For analysis: named."


def test_every_permission_has_its_words() -> None:
    assert set(PERMISSION_WORDS) == set(Permission)
