"""A receipt is small, gives back the entry to the byte, and is refused wherever a single letter is another one."""

import base64
import json
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.receipt import check_receipt, decode_opening, embedded, encode_opening, main, proofs_in, told
from consent.register import to_ledger_event
from consent.storage import leaf as leaves
from consent.storage.openings import Opening
from consent.tlog.note import ED25519
from consent.tlog.tlog_proof import format_proof, parse_proof
from schemas.errors import BadInput
from schemas.ledger import EventKind, LedgerEvent
from tests.consent.receipt_making import MILLION, PUBLIC, consents, fullest, in_tree, opened, signed, synthetic

ONE = in_tree(consents(1), 0)
ODD_FORM = LedgerEvent(kind=EventKind.CHANGE, payload={"type": "consent"}, form="cd" * 32, refs=(3, 5))


@pytest.mark.parametrize(
    "event",
    [
        to_ledger_event(signed()),
        to_ledger_event(signed(form=None, form_sha256=None)),
        to_ledger_event(fullest()),
        ODD_FORM,
        LedgerEvent(kind=EventKind.WITHDRAW, payload={}, refs=(0,)),
    ],
)
def test_an_opened_entry_comes_back_to_the_byte(event: LedgerEvent) -> None:
    opening = opened(event, 17)
    assert decode_opening(encode_opening(opening), 17) == opening


def test_the_fullest_consent_among_a_million_entries_fits_the_code() -> None:
    sizes = [len(synthetic(to_ledger_event(fullest(seed)))) for seed in range(20)]
    assert max(sizes) <= 2_900
    proof = parse_proof(synthetic(to_ledger_event(fullest())))
    assert len(proof.hashes) == 20
    assert proof.checkpoint.count("\n— ".encode()) == 1


def test_a_receipt_names_the_entry_its_seal_and_what_it_says() -> None:
    checked = check_receipt(synthetic(to_ledger_event(signed())), PUBLIC)
    assert checked.index == 777_777
    assert checked.checkpoint.size == MILLION
    assert checked.payload["participant"] == "P07"
    assert checked.sentence == (
        "22 November 2026, 09:30 (UTC+00:00): P07 signed form participant-v1, for the whole study: role only."
    )


def test_the_short_key_alone_is_enough_and_another_logs_key_is_not() -> None:
    ed25519 = [key for key in PUBLIC if key.kind == ED25519]
    assert check_receipt(ONE, ed25519).index == 0
    with pytest.raises(BadInput, match="of another log"):
        check_receipt(ONE, [replace(ed25519[0], name="chatham/ffffffffffffffff")])


@pytest.mark.parametrize("data", [ONE, in_tree(consents(5), 3)])
def test_a_receipt_with_any_character_altered_is_refused(data: bytes) -> None:
    accepted = []
    for at in range(len(data)):
        for other in {data[at] ^ 1, ord("A"), ord("\n")} - {data[at]}:
            altered = data[:at] + bytes([other]) + data[at + 1 :]
            try:
                check_receipt(altered, PUBLIC)
            except BadInput:
                continue
            accepted.append((at, other))
    assert accepted == []


def test_a_receipt_cut_short_or_made_longer_is_refused() -> None:
    for data in (*(ONE[:end] for end in range(len(ONE))), ONE + b"\n", b"\n" + ONE):
        with pytest.raises(BadInput, match=r"."):
            check_receipt(data, PUBLIC)


def test_another_answer_under_the_same_proof_is_refused() -> None:
    """Whoever packs an altered payload properly still cannot make it lie under the seal."""
    proof = parse_proof(ONE)
    opening = decode_opening(proof.extra or b"", 0)
    payload = opening.payload.replace(b'"role"', b'"named"')
    leaf = leaves.decode(opening.leaf)
    assert leaf is not None
    other = leaves.encode(replace(leaf, commitment=leaves.commit(opening.k_event, payload)))
    extra = encode_opening(Opening(0, other, payload, opening.k_event))
    with pytest.raises(BadInput, match=r"proof|root|lead"):
        check_receipt(format_proof(replace(proof, extra=extra)), PUBLIC)


def test_an_entry_that_commits_to_something_else_makes_no_receipt() -> None:
    opening = opened(to_ledger_event(signed()))
    with pytest.raises(BadInput, match="does not hold what it commits to"):
        encode_opening(replace(opening, payload=b"{}"))


def test_a_proof_without_an_opened_entry_is_no_receipt() -> None:
    with pytest.raises(BadInput, match="opens no entry"):
        check_receipt(format_proof(replace(parse_proof(ONE), extra=None)), PUBLIC)


def packed(head: object, payload: bytes = b"{}") -> bytes:
    """Extra data whose inner part is anything at all, with a right sum."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    body = bytes(32 + 8 + 64) + packer.compress(text + b"\n" + payload) + packer.flush()
    return b"\x01" + zlib.crc32(body).to_bytes(4, "big") + body


GOOD = {"kind": "consent", "left": 0, "minute": "2026-11-22T09:30Z", "refs": []}
BAD_HEADS = [
    b"",
    b"[" * 60_000,
    b"\xff",
    b"1" * 5_000,
    [],
    {},
    *({**GOOD, **bad} for bad in ({"kind": "none"}, {"kind": []}, {"minute": 3}, {"minute": "now"}, {"left": True})),
    *({**GOOD, **bad} for bad in ({"left": -1}, {"left": 1e400}, {"refs": {}}, {"refs": ["0"]}, {"refs": [0] * 4})),
    *({**GOOD, **bad} for bad in ({"form": 1}, {"form": "\ud800"}, {"other": 1}, {"form": "x" * 600})),
]


@pytest.mark.parametrize("head", BAD_HEADS, ids=range(len(BAD_HEADS)))
def test_what_is_no_entry_is_refused_by_our_own_error(head: object) -> None:
    assert decode_opening(packed(GOOD), 0).payload == b"{}"
    with pytest.raises(BadInput, match=r"receipt|entry"):
        decode_opening(packed(head), 0)


@pytest.mark.parametrize("payload", [b"", b"[]", b"[" * 60_000, b"\xff", b"1" * 5_000])
def test_a_payload_that_is_no_record_is_refused_by_our_own_error(payload: bytes) -> None:
    with pytest.raises(BadInput, match="no record"):
        decode_opening(packed({**GOOD, "form": ""}, payload), 0)


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    with pytest.raises(BadInput, match="does not unfold"):
        decode_opening(packed(GOOD, bytes(1 << 24)), 0)


@given(st.binary(max_size=300))
def test_anything_else_is_refused_by_our_own_error(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"."):
        decode_opening(b"\x01" + zlib.crc32(data).to_bytes(4, "big") + data, 0)


def test_a_sentence_is_made_from_the_opened_payload_alone() -> None:
    assert told(opened(to_ledger_event(signed("P08")))).split(": ", 1)[1].startswith("P08 signed")


def run(*words: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "consent.receipt", *words], input=text, capture_output=True, timeout=60
    )


def test_the_program_says_in_words_what_a_receipt_holds(tmp_path: Path) -> None:
    (tmp_path / "receipt.tlog-proof").write_bytes(ONE)
    (tmp_path / "ledger.vkey").write_text("".join(f"{key}\n" for key in PUBLIC))
    done = run(str(tmp_path / "receipt.tlog-proof"), str(tmp_path / "ledger.vkey"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("22 November 2026, 09:30 (UTC+00:00): P1 signed form participant-v1")
    assert b"Checked: this is entry 1 of the consent register chatham/0123456789abcdef" in done.stdout
    assert b"Not checked: whether something newer was recorded" in done.stdout
    # A reader of codes adds a line feed of its own; the key may be given as it is.
    piped = run("-", str(PUBLIC[0]), text=ONE + b"\n")
    assert (piped.returncode, piped.stdout) == (0, done.stdout)


def test_the_program_checks_every_receipt_that_a_page_carries(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, other = tmp_path / "page.html", in_tree(consents(5), 3)
    page.write_text(f"<p>Anything.</p>\n{embedded([ONE, other])}<p>More.</p>", encoding="utf-8")
    assert proofs_in(page.read_bytes()) == [ONE, other]
    assert main([str(page), str(PUBLIC[0])]) == 0
    assert [line[:30] for line in capsys.readouterr().out.splitlines() if "this is entry" in line] == [
        "Checked: this is entry 1 of th",
        "Checked: this is entry 4 of th",
    ]
    page.write_bytes(page.read_bytes().replace(b"index 3", b"index 2"))
    assert main([str(page), str(PUBLIC[0])]) == 3
    assert capsys.readouterr().out == ""


def test_the_program_refuses_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "altered").write_bytes(ONE.replace(b"index 0", b"index 1"))
    assert main([str(tmp_path / "altered"), str(PUBLIC[0])]) == 3
    assert main([str(tmp_path / "missing"), str(PUBLIC[0])]) == 3
    assert main([str(tmp_path / "altered"), str(tmp_path / "missing")]) == 3
    assert main([str(tmp_path / "altered"), str(PUBLIC[1])]) == 3
    assert main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 4 * 2 + 2


def test_the_program_needs_pydantic_and_cryptography_only() -> None:
    code = "import consent.receipt, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {"filelock", "yaml", "typer", "openpyxl", "flows", "vault", "numpy"}


def test_the_form_of_a_receipt_stays_as_it_was_printed() -> None:
    """Made once, on 22 November 2026, and read ever since: paper does not change with the program."""
    checked = check_receipt(base64.b64decode(PRINTED), PUBLIC)
    assert checked.sentence.endswith("P1 signed form participant-v1, for the whole study: role only.")


PRINTED = (
    "YzJzcC5vcmcvdGxvZy1wcm9vZkB2MQpleHRyYSBBYU1XTHUvSVlEdWFTaEdqTkRaTVIwWHI2VDkwU3pSM2pGTWVGTVc4WXJrc3ht"
    "QmJzYmt0Nm40ei9QL2VmWjVock5mYWZqNHFGU0hjTFlUM0dTMC92VDRkdm92NHltaWIzWEdQNjJJWXREVDg5Zi8vWm1yUENxY21B"
    "OCtMSWhIUjdVRUYwOEZlK2t5Q2JoUU9CNldSd1c2RE1BeUc3M3NNbjBFQ3BsVmFubUtIblZaVktFM01zQllTbEJnbWhIajNHU2hW"
    "SiswMjVlTDgvdnpIZG1ab1F1eEFBV1R3UmQ1S1pJSlA2RmtFaHcyREtqTG95QStNa3F1SzZwU1haVjVWNzhXcmVpNCtoSXJZSkZE"
    "bnkvSTBnKzU3UnloWFB6aVhnZVkvYWxTeGxaazJrRm5SOHd5V092U0pnaGZjNFloTzhrUEN3MmJVYmxoZmo4RWhMSmNNckdaOUpD"
    "MG1qbUdxMStKZEVRUFB2d2JCa1N4NmczVnFkZlZ5T3NEYjZMMk9USVo2N1RrZlM5ajFPd3I2K3I4amhwOGtMZFhYU2R3U3VrYVVE"
    "cmtOOW1qa29RTkIzc3B0cTlxMG9HYWdPM1g3bjhTRG5XQlpFUk9pUmJzWjcwZ00zMGZJVTQ4UFMxaCtBQT09CmluZGV4IDAKCmNo"
    "YXRoYW0vMDEyMzQ1Njc4OWFiY2RlZgoxClE2dEVYaG9oUVR4SXRsV0lyZExLdjhJd1JncU1CZmx6ZzNIbmludStFd0U9CgrigJQg"
    "Y2hhdGhhbS8wMTIzNDU2Nzg5YWJjZGVmIGM0V0ltUzJOR2NJRW1YMGx4eVBCTTFVUERlT0dISyt1YnE0RHVrSDZNSHJkbjdveUZm"
    "UlgvMjJoNEkxNE5lSGtJRFF6aFlTd2xZdkhQQk5oMzd3eUNTK2ZmZ0k9Cg=="
)
