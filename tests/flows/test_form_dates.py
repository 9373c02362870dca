"""Until when a form lets things be kept, as forms really say it."""

from datetime import date

import pytest

from flows.form_dates import LastDays, last_days
from schemas.consent import Form, FormPermission, Permission

DAY = date(2026, 3, 4)


def told(text: str | None) -> tuple[str | None, str | None]:
    form = Form(
        version="v1",
        sha256="0" * 64,
        language="en",
        approvals=("H26",),
        retention=text,
        permissions=dict.fromkeys(Permission, FormPermission(asked="condition")),
    )
    found = last_days(form, DAY)
    return found.sound and found.sound.isoformat(), found.words and found.words.isoformat()


@pytest.mark.parametrize(
    ("text", "sound", "words"),
    [
        ("2031-12-31", "2031-12-31", "2031-12-31"),
        ("until 2031-12-31", "2031-12-31", "2031-12-31"),
        ("Everything is destroyed on 31 December 2031.", "2031-12-31", "2031-12-31"),
        ("5 years", "2031-03-04", "2031-03-04"),
        ("18 months after the session", "2027-09-04", "2027-09-04"),
        ("18 mois après la séance", "2027-09-04", "2027-09-04"),
        ("30 days", "2026-04-03", "2026-04-03"),
        (
            "Recordings are destroyed on 31 December 2027; de-identified transcripts on 31 December 2032.",
            "2027-12-31",
            "2032-12-31",
        ),
        (
            "Les enregistrements sont détruits le 31 décembre 2027, les transcriptions dépersonnalisées le "
            "31 décembre 2032.",
            "2027-12-31",
            "2032-12-31",
        ),
        ("Audio is deleted by June 30, 2027.", "2027-06-30", None),
        ("Data are kept until 1st March 2030", "2030-03-01", "2030-03-01"),
    ],
)
def test_what_can_be_counted_is(text: str, sound: str | None, words: str | None) -> None:
    assert told(text) == (sound, words)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "for as long as needed",
        "5 years after the end of the study",
        "As for participants.",
        "The study began on 4 March 2026 and goes on.",
        "2031-13-31",
        "9999-12-31",
        "9999 years",
        "99999999 days",
        "until 31 February 2031",
    ],
)
def test_what_cannot_be_counted_is_left_to_people(text: str | None) -> None:
    assert told(text) == (None, None)
    assert LastDays() == LastDays(None, None)
