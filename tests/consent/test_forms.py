"""A form says what was asked, in a head with sane defaults; faults are named by line."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.choosing.form_notes import form_note, read_form_note
from consent.choosing.forms import DEFAULTS, parse_form
from consent.tlog.note import ED25519, Signature, VerifyKey, format_note
from schemas.consent import Answer, Form, FormPermission, Level, Organisation, Permission
from schemas.errors import BadInput
from tests.consent.ledger_fakes import TinySigner
from tests.consent.making import form

BODY = "# Consent\n\nWe ask you whether ...\n"


def parsed(head: str | None, *, body: str = BODY, approvals: tuple[str, ...] = ("H26-1",)) -> Form:
    text = body if head is None else f"---\n{head}\n---\n{body}"
    return parse_form(text.encode(), "2026-1", "en", approvals)


def test_a_form_without_a_head_has_the_defaults_and_the_hash_of_its_bytes() -> None:
    form = parsed(None)
    assert form.sha256 == hashlib.sha256(BODY.encode()).hexdigest()
    assert (form.version, form.language, form.kind, form.approvals) == ("2026-1", "en", "participant", ("H26-1",))
    assert (form.level_default, form.organisation_default) == (Level.UNNAMED, None)
    assert form.permissions == DEFAULTS
    assert set(form.permissions) == set(Permission)


def test_nothing_may_be_published_or_quoted_by_default() -> None:
    permissive = {one for one, how in DEFAULTS.items() if how.asked == "condition" or how.default is Answer.YES}
    assert permissive == {Permission.RECORD_AUDIO, Permission.TRANSCRIBE, Permission.ANALYSE}


def test_a_full_head_is_read() -> None:
    form = parsed(
        """kind: team
level: pseudonym
organisation: named
retention: seven years
withdraw_until: 2027-06-30
after_that: words already published stay published
approval_expires: [2027-01-31, null]
iso27560:
  purpose: research
permissions:
  record_video: condition
  quote_research: choice
  quote_practice: {choice: ask}
  archive: {asked: choice, default: yes}
  share_back: choice yes
  teaching: not asked
  chat: not_asked
  partners: {asked: condition}
  translate: yes
""",
        approvals=("H26-1", "B-2", "C-3"),
    )
    assert (form.kind, form.level_default, form.organisation_default) == ("team", Level.PSEUDONYM, Organisation.NAMED)
    assert (form.retention, form.withdraw_until) == ("seven years", "2027-06-30")
    assert form.after_that == "words already published stay published"
    assert form.approval_expires == ("2027-01-31", None, None)
    assert form.iso27560 == {"purpose": "research"}
    expected = {
        "record_video": FormPermission(asked="condition"),
        "quote_research": FormPermission(asked="choice", default=Answer.NO),
        "quote_practice": FormPermission(asked="choice", default=Answer.ASK),
        "archive": FormPermission(asked="choice", default=Answer.YES),
        "share_back": FormPermission(asked="choice", default=Answer.YES),
        "teaching": FormPermission(asked="not_asked"),
        "chat": FormPermission(asked="not_asked"),
        "partners": FormPermission(asked="condition"),
        "translate": FormPermission(asked="choice", default=Answer.YES),
    }
    assert {str(one): form.permissions[Permission(one)] for one in expected} == expected
    assert form.permissions[Permission.ANALYSE] == DEFAULTS[Permission.ANALYSE]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("kind: guest", "line 2 of the form's head is not one of: participant, team"),
        ("kind: team\nlevel: loud", "line 3 of the form's head is not one of: named, first_name"),
        ("mood: good", "line 2 of the form's head is not one of: kind, level"),
        ("kind: team\nkind: team", "line 3 of the form's head says the same thing a second time"),
        ("permissions:\n  sing: condition", "line 3 of the form's head is no permission"),
        ("permissions:\n  archive: condition\n  archive: choice", "line 4 of the form's head says the same thing"),
        ("permissions:\n  archive: perhaps", "line 3 of the form's head is neither"),
        ("permissions:\n  archive: choice ask", "line 3 of the form's head is neither .* one of: yes, no$"),
        ("permissions:\n  archive: {when: later}", "line 3 of the form's head is neither"),
        ("permissions: all", "line 2 of the form's head is not a list of"),
        ("retention: [a, b]", "line 2 of the form's head holds more than one value"),
        ("approval_expires: soon", "line 2 of the form's head is no date such as"),
        ("kind: [team", "line 3 of the form's head is not YAML"),
        ("- kind", "line 2 of the form's head is not a list of"),
        ("kind: \x07", "line 2 of the form's head is not YAML"),
    ],
)
def test_a_fault_in_the_head_is_named_by_its_line(head: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        parsed(head)


def test_what_is_no_form_is_refused() -> None:
    with pytest.raises(BadInput, match="line 2 of the form is not UTF-8"):
        parse_form(b"# Consent\n\xff\xfe", "1", "en", ("H26-1",))
    with pytest.raises(BadInput, match="line 1 opens the form's head and nothing closes it"):
        parse_form(b"---\nkind: team\n", "1", "en", ("H26-1",))
    with pytest.raises(BadInput, match="holds no text"):
        parsed("kind: team", body=" \n")
    with pytest.raises(BadInput, match="no ethics approval"):
        parsed(None, approvals=())


def test_a_mark_at_the_start_and_windows_line_ends_do_no_harm() -> None:
    form = parse_form("\ufeff---\r\nkind: team\r\n---\r\nText.\r\n".encode(), "1", "en", ("H26-1",))
    assert form.kind == "team"


@given(st.binary(max_size=80))
def test_any_bytes_are_a_form_or_a_clear_refusal(data: bytes) -> None:
    for text in (data, b"---\n" + data + b"\n---\ntext"):
        try:
            parse_form(text, "1", "en", ("H26-1",))
        except BadInput as refusal:
            assert refusal.hint


def test_what_a_form_asks_stands_under_its_recorders_signature() -> None:
    signer = TinySigner()
    made = form("2026-1")
    note = form_note(made, signer, signer.public_key)
    assert read_form_note(note, {signer.key_id: signer.public_key}) == made


def test_a_form_note_that_was_changed_or_signed_by_a_stranger_is_refused() -> None:
    signer, other = TinySigner(), TinySigner(2)
    note = form_note(form("2026-1"), signer, signer.public_key)
    keys = {signer.key_id: signer.public_key}
    with pytest.raises(BadInput, match="does not match"):
        read_form_note(note.replace(b"unnamed", b"withheld", 1), keys)
    with pytest.raises(BadInput, match="no signature by any"):
        read_form_note(note, {other.key_id: other.public_key})
    text = "{}\n"
    key = VerifyKey(signer.key_id, ED25519, signer.public_key)
    empty = format_note(text, [Signature(key.name, key.id, signer.sign(text.encode()))])
    with pytest.raises(BadInput, match="holds no form"):
        read_form_note(empty, keys)


def test_an_amendment_says_what_it_replaces_and_whether_to_ask_again() -> None:
    amended = parsed("replaces: 2025-1\nre_ask: yes")
    assert (amended.replaces, amended.re_ask) == ("2025-1", True)
    assert (parsed(None).replaces, parsed(None).re_ask) == (None, False)
    with pytest.raises(BadInput, match="line 2 of the form's head is not one of: yes, no"):
        parsed("re_ask: perhaps")
