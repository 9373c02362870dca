"""Proof files: written, read and checked; cut, changed and exchanged ones are refused."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.tlog.checkpoint import Checkpoint, log_keys, sign_checkpoint
from consent.tlog.merkle import leaf_hash, root_of
from consent.tlog.proofs import inclusion_proof
from consent.tlog.tlog_proof import TlogProof, check_proof, format_proof, parse_proof
from schemas.errors import BadInput
from tests.consent.mangling import survivors

ORIGIN = "chatham/0123456789abcdef"
KEYS = log_keys(ORIGIN, bytes(range(64)))
PUBLIC = [key.verify_key for key in KEYS]
SIZE = 11
LEAVES = [leaf_hash(str(number).encode()) for number in range(SIZE)]
CHECKPOINT = sign_checkpoint(Checkpoint(ORIGIN, SIZE, root_of(LEAVES)), KEYS[:1], datetime(2026, 11, 21, tzinfo=UTC))


def nodes(height: int, index: int) -> bytes:
    return root_of(LEAVES[index << height : (index + 1) << height])


def proof_of(index: int, extra: bytes | None = None) -> TlogProof:
    return TlogProof(index, tuple(inclusion_proof(index, SIZE, nodes)), CHECKPOINT, extra)


GOOD = format_proof(proof_of(6))
GOOD_EXTRA = format_proof(proof_of(10, b"\0\1\2"))
HASH = base64.b64encode(LEAVES[7])


def test_a_proof_file_has_the_lines_of_its_specification() -> None:
    head, _, checkpoint = GOOD_EXTRA.partition(b"\n\n")
    lines = head.decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra AAEC", "index 10"]
    assert [base64.b64decode(line) for line in lines[3:]] == list(proof_of(10).hashes)
    assert checkpoint == CHECKPOINT


@pytest.mark.parametrize("index", range(SIZE))
def test_every_entry_is_proved_by_its_file_and_by_no_other(index: int) -> None:
    data = format_proof(proof_of(index, b"more"))
    assert parse_proof(data) == proof_of(index, b"more")
    assert check_proof(data, LEAVES[index], PUBLIC).checkpoint.size == SIZE
    for other in range(SIZE):
        if other != index:
            with pytest.raises(BadInput, match="does not lead from entry"):
                check_proof(data, LEAVES[other], PUBLIC)


def test_a_proof_for_a_single_entry_has_no_hashes() -> None:
    head = sign_checkpoint(Checkpoint(ORIGIN, 1, LEAVES[0]), KEYS, datetime(2026, 11, 21, tzinfo=UTC))
    data = format_proof(TlogProof(0, (), head))
    assert data.startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\nchatham/")
    assert check_proof(data, LEAVES[0], PUBLIC).checkpoint.size == 1


def test_a_proof_whose_checkpoint_is_not_the_logs_is_refused() -> None:
    others = [key.verify_key for key in log_keys(ORIGIN, bytes(64))]
    with pytest.raises(BadInput, match="no signature by any of the keys given"):
        check_proof(GOOD, LEAVES[6], others)
    with pytest.raises(BadInput, match="does not match the text"):
        check_proof(GOOD.replace(b"\n11\n", b"\n12\n"), LEAVES[6], PUBLIC)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"", "does not begin"),
        (GOOD.replace(b"@v1", b"@v2"), "does not begin"),
        (b"\n" + GOOD, "does not begin"),
        (GOOD.replace(b"\n\n", b"\n", 1), "a hash in a proof file"),
        (GOOD.replace(b"index 6\n", b""), "which entry"),
        (b"c2sp.org/tlog-proof@v1\n\n" + CHECKPOINT, "which entry"),
        (b"c2sp.org/tlog-proof@v1\nextra AAEC\n\n" + CHECKPOINT, "which entry"),
        (GOOD.replace(b"index 6", b"index 06"), "whole number"),
        (GOOD.replace(b"index 6", b"index -6"), "whole number"),
        (GOOD.replace(b"index 6", b"index  6"), "whole number"),
        (GOOD.replace(b"index 6", b"index 6 "), "whole number"),
        (GOOD.replace(b"index 6", b"index 9223372036854775808"), "whole number"),
        (GOOD.replace(b"index 6", b"Index 6"), "which entry"),
        (GOOD.replace(b"index 6", b"index 6\nindex 6"), "is not base64"),
        (GOOD.replace(b"index 6", b"extra \nindex 6"), "none in it"),
        (GOOD.replace(b"index 6", b"extra AAED=\nindex 6"), "base64"),
        (GOOD.replace(b"index 6", b"extra AAEC\nextra AAEC\nindex 6"), "which entry"),
        (GOOD.replace(b"index 6", b"index 6\nextra AAEC"), "is not base64"),
        (GOOD.replace(HASH, HASH[:-1]), "is not base64"),
        (GOOD.replace(HASH, HASH[:-2] + b"5="), "canonical"),
        (GOOD.replace(HASH, base64.b64encode(bytes(31))), "is 31 bytes long"),
        (GOOD.replace(HASH, base64.b64encode(bytes(33))), "is 33 bytes long"),
        (GOOD.replace(HASH, HASH + b"\r"), "base64"),
        (GOOD.replace(HASH, b"\n".join([HASH] * 70)), "more than 63 hashes"),
        (GOOD.replace(HASH, HASH + b"\n" + HASH), "number of hashes"),
        (GOOD.replace(HASH + b"\n", b""), "number of hashes"),
        (GOOD.replace(b"index 6", b"index 7"), "does not lead|number of hashes"),
        (GOOD.replace(b"index 6", b"index 11"), "is not in a tree"),
        (GOOD[:-1], "signed note"),
        (GOOD + b"\n", "signed note"),
        (GOOD + bytes(2 << 20), "longer than"),
    ],
)
def test_a_proof_file_in_any_other_form_is_refused(bad: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        check_proof(bad, LEAVES[6], PUBLIC)


@pytest.mark.parametrize(
    "proof",
    [
        TlogProof(-1, (), CHECKPOINT),
        TlogProof(2**63, (), CHECKPOINT),
        TlogProof(0, (bytes(31),), CHECKPOINT),
        TlogProof(0, (bytes(32),) * 64, CHECKPOINT),
        TlogProof(0, (), CHECKPOINT, b""),
        TlogProof(0, (), bytes(2 << 20)),
    ],
)
def test_no_proof_file_is_written_that_would_not_be_read(proof: TlogProof) -> None:
    with pytest.raises(BadInput, match="proof file"):
        format_proof(proof)


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.binary(max_size=200),
    st.none() | st.binary(min_size=1, max_size=200),
)
def test_a_proof_comes_back_as_it_was_written(
    index: int, hashes: list[bytes], checkpoint: bytes, extra: bytes | None
) -> None:
    proof = TlogProof(index, tuple(hashes), checkpoint, extra)
    assert parse_proof(format_proof(proof)) == proof


def test_a_mangled_proof_is_refused_in_our_own_words_or_is_written_as_it_was_read() -> None:
    for data in survivors(parse_proof, [GOOD, GOOD_EXTRA]):
        assert format_proof(parse_proof(data)) == data


def test_no_mangled_proof_proves_another_place() -> None:
    kept = survivors(lambda data: check_proof(data, LEAVES[6], PUBLIC), [GOOD, GOOD_EXTRA])
    assert {(parse_proof(data).index, parse_proof(data).hashes) for data in kept} <= {(6, proof_of(6).hashes)}
