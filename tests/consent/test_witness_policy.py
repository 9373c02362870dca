"""Witness policies: the rules of the format one by one, whom they let count, and their own spelling."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.tlog.note import COSIGNATURE, ED25519, ML_DSA_44, Verified, VerifyKey
from consent.tlog.witness_policy import Group, Log, Witness, WitnessPolicy, format_policy, parse_policy
from schemas.errors import BadInput
from tests.consent.mangling import survivors


def key(number: int, kind: int = COSIGNATURE) -> VerifyKey:
    length = 1312 if kind == ML_DSA_44 else 32
    return VerifyKey(f"key.example/{number}", kind, number.to_bytes(2) * (length // 2))


def lines(*text: str) -> bytes:
    return "".join(f"{line}\n" for line in text).encode("utf-8", "surrogateescape")


LOG, LATER = key(100, ED25519), key(101, ML_DSA_44)
X = [f"witness X{number} {key(number)}" for number in range(1, 4)]
Y = [f"witness Y{number} {key(number + 3)}" for number in range(1, 4)]
EXAMPLE = lines(
    f"log {LOG}",
    "",
    *X,
    "group X-witnesses 2 X1 X2 X3",
    "",
    *Y,
    "group Y-witnesses any Y1 Y2 Y3",
    "",
    "group X-and-Y all X-witnesses Y-witnesses",
    "quorum X-and-Y",
)


def by(*numbers: int) -> list[Verified]:
    """The log's signature and those of some witnesses."""
    return [Verified(key, None) for key in (LOG, *map(key, numbers))]


def test_the_example_of_the_specification_is_read() -> None:
    policy = parse_policy(EXAMPLE)
    assert policy.log_keys == (LOG,)
    assert policy.witness_keys == tuple(map(key, range(1, 7)))
    assert policy.witnesses["X2"] == Witness("X2", key(2))
    assert policy.groups["X-witnesses"] == Group("X-witnesses", 2, ("X1", "X2", "X3"))
    assert [group.needed for group in policy.groups.values()] == [2, 1, 2]
    assert policy.quorum == "X-and-Y"


def test_the_example_is_satisfied_exactly_by_two_of_one_group_and_one_of_the_other() -> None:
    policy = parse_policy(EXAMPLE)
    for size in range(7):
        for numbers in itertools.combinations(range(1, 7), size):
            wanted = sum(number <= 3 for number in numbers) >= 2 and any(number > 3 for number in numbers)
            assert policy.satisfied_by(by(*numbers)) is wanted


def test_where_logs_are_listed_one_of_them_must_have_signed() -> None:
    policy = parse_policy(lines(f"log {LOG}", f"log {LATER}", "quorum none"))
    assert policy.satisfied_by([Verified(LATER, None)])
    assert not policy.satisfied_by([])
    assert not policy.satisfied_by([Verified(key(1), None)])
    assert parse_policy(b"quorum none\n").satisfied_by([])


def test_one_witness_can_be_the_quorum_and_its_own_key_alone_counts() -> None:
    policy = parse_policy(lines(X[0], "quorum X1"))
    assert policy.satisfied_by(by(1))
    assert not policy.satisfied_by(by(2))
    renamed = VerifyKey("somebody.else", COSIGNATURE, key(1).public)
    assert not policy.satisfied_by([Verified(renamed, None)])


def test_two_signatures_of_one_witness_count_once() -> None:
    policy = parse_policy(lines(*X, "group two 2 X1 X2 X3", "quorum two"))
    assert not policy.satisfied_by(by(1, 1, 1))
    assert policy.satisfied_by(by(1, 3))


def test_comments_tabs_spaces_and_urls_are_read_as_they_should() -> None:
    policy = parse_policy(
        lines(
            "# a comment",
            " \t # another, with ünïcode \udcff",
            f"\tlog \t {LOG}  https://log.example/  ",
            f"{X[0]} https://witness.example/#not-a-comment",
            " quorum\tX1 ",
            " ",
        )
    )
    assert policy.logs == (Log(LOG, "https://log.example/"),)
    assert policy.witnesses["X1"].url == "https://witness.example/#not-a-comment"


def test_names_are_bytes_and_a_kelvin_sign_is_not_a_k() -> None:
    policy = parse_policy(lines(f"witness K {key(1)}", f"witness \u212a {key(2)}", "quorum \u212a"))
    assert policy.satisfied_by(by(2))
    assert not policy.satisfied_by(by(1))
    odd = parse_policy(b"witness \xff " + f"{key(1)} u\n".encode() + b"quorum \xff\n")
    assert format_policy(odd) == b"witness \xff " + f"{key(1)} u\n".encode() + b"quorum \xff\n"


def test_definitions_may_follow_the_quorum_line() -> None:
    policy = parse_policy(lines(X[0], "quorum X1", X[1], f"log {LOG}"))
    assert list(policy.witnesses) == ["X1", "X2"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"", "has no quorum line"),
        (b"# nothing\n", "has no quorum line"),
        (b"quorum none", "does not end in a line feed"),
        (b"quorum none\n#", "line 2 .* does not end in a line feed"),
        (b"quorum none\r\n", "control characters"),
        (b"quorum none\n\0", "control characters"),
        (b"quorum none\n# \x7f\n", "control characters"),
        (b"quorum none\n# \x0b\n", "control characters"),
        (b"quorum none\n" + b"#" * (1 << 20) + b"\n", "too long"),
        (lines("quorum none", "quorum none"), "line 2 .* second quorum"),
        (lines("quorum"), "line 1 .* not of the form"),
        (lines("quorum none none"), "line 1 .* not of the form"),
        (lines("quorum X1", X[0]), "line 1 .* quorum that no line above"),
        (lines("Quorum none"), "line 1 .* begins with none of"),
        (lines("quorum none # why not"), "line 1 .* not of the form"),
        (lines("quorum\u00a0none"), "line 1 .* begins with none of"),
        (lines("log"), "line 1 .* not of the form"),
        (lines(f"log {LOG} url more"), "line 1 .* not of the form"),
        (lines(f"log {key(1)}"), "line 1 .* of a kind that cannot be used there"),
        (lines("log nonsense"), "line 1 .* a key that cannot be used"),
        (lines(f"log {str(LOG)[:-4]}"), "line 1 .* a key that cannot be used"),
        (lines(f"log {LOG}", f"log {VerifyKey('other', ED25519, LOG.public)}"), "line 2 .* stands there already"),
        (lines(f"witness {key(1)}"), "line 1 .* not of the form"),
        (lines(f"witness X1 {key(1)} url more"), "line 1 .* not of the form"),
        (lines(f"witness X1 {LOG}"), "line 1 .* of a kind that cannot be used there"),
        (lines(X[0], X[0].replace("X1", "X9")), "line 2 .* stands there already"),
        (lines(X[0], f"witness Z {VerifyKey('other', COSIGNATURE, key(1).public)}"), "line 2 .* stands there already"),
        (lines(X[0], f"witness X1 {key(9)}"), "line 2 .* name that is taken"),
        (lines(f"witness none {key(1)}"), "line 1 .* name that is taken"),
        (lines(X[0], "group X1 all X1"), "line 2 .* name that is taken"),
        (lines(X[0], "group none all X1"), "line 2 .* name that is taken"),
        (lines(X[0], "group g all X1", f"witness g {key(2)}"), "line 3 .* name that is taken"),
        (lines("group g all"), "line 1 .* not of the form"),
        (lines("group g"), "line 1 .* not of the form"),
        (lines("group g all X1", X[0]), "line 1 .* member that no line above"),
        (lines("group g all g"), "line 1 .* member that no line above"),
        (lines(X[0], "group g all none"), "line 2 .* member that no line above"),
        (lines(X[0], "group g all X1 X1"), "line 2 .* in a group already"),
        (lines(X[0], "group g all X1", "group h all X1"), "line 3 .* in a group already"),
        (lines(X[0], "group g all X1", "group h all g", "group i all g"), "line 4 .* in a group already"),
        (lines(X[0], "group g 0 X1"), "line 2 .* from 1 to 1"),
        (lines(X[0], "group g 2 X1"), "line 2 .* from 1 to 1"),
        (lines(X[0], "group g -1 X1"), "line 2 .* from 1 to 1"),
        (lines(X[0], "group g 01 X1"), "line 2 .* from 1 to 1"),
        (lines(X[0], "group g +1 X1"), "line 2 .* from 1 to 1"),
        (lines(X[0], "group g \u0661 X1"), "line 2 .* from 1 to 1"),
        (lines(X[0], f"group g {'1' * 5000} X1"), "line 2 .* from 1 to 1"),
        (lines(X[0], "group g ALL X1"), "line 2 .* from 1 to 1"),
    ],
)
def test_a_policy_that_breaks_a_rule_is_refused_and_the_line_named(bad: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_policy(bad)


def test_as_many_lines_as_the_specification_asks_for_are_read_and_far_too_many_are_not() -> None:
    def policy(number: int) -> bytes:
        logs = [f"log {key(1000 + at, ED25519)}" for at in range(number)]
        witnesses = [f"witness w{at} {key(at)}" for at in range(number)]
        groups = [f"group g{at} all w{at}" + (f" g{at - 1}" if at else "") for at in range(number)]
        return lines(*logs, *witnesses, *groups, f"quorum g{number - 1}")

    for number in (32, 256):
        read = parse_policy(policy(number))
        everybody = [Verified(one, None) for one in (*read.log_keys, *read.witness_keys)]
        assert read.satisfied_by(everybody)
        assert not read.satisfied_by(everybody[:-1])
    with pytest.raises(BadInput, match="more than 256 of its sort"):
        parse_policy(policy(257))


def test_a_policy_is_written_with_a_url_on_every_witness_line() -> None:
    policy = WitnessPolicy(
        (Log(LOG), Log(LATER, "https://log.example/")),
        {"ethics": Witness("ethics", key(1), "https://ethics.example/")},
        {"all-of-us": Group("all-of-us", 1, ("ethics",))},
        "all-of-us",
    )
    assert format_policy(policy) == lines(
        f"log {LOG}",
        f"log {LATER} https://log.example/",
        f"witness ethics {key(1)} https://ethics.example/",
        "group all-of-us 1 ethics",
        "quorum all-of-us",
    )
    assert format_policy(WitnessPolicy()) == b"quorum none\n"
    with pytest.raises(BadInput, match="a witness has no address"):
        format_policy(parse_policy(EXAMPLE))


@pytest.mark.parametrize(
    "policy",
    [
        WitnessPolicy(quorum="nobody"),
        WitnessPolicy((Log(LOG, "two words"),)),
        WitnessPolicy((Log(LOG, "a\nquorum none\n#"),)),
        WitnessPolicy((Log(LOG), Log(LOG))),
        WitnessPolicy((Log(key(1)),)),
        WitnessPolicy((), {"a b": Witness("a b", key(1), "u")}),
        WitnessPolicy((), {"a": Witness("b", key(1), "u")}),
        WitnessPolicy((), {}, {"g": Group("g", 1, ())}),
        WitnessPolicy((), {"a": Witness("a", key(1), "u")}, {"g": Group("g", 2, ("a",))}),
        WitnessPolicy((), {"a": Witness("a", key(1), "u")}, {"g": Group("h", 1, ("a",))}),
    ],
)
def test_no_policy_is_written_that_would_not_be_read(policy: WitnessPolicy) -> None:
    with pytest.raises(BadInput, match="the witness policy"):
        format_policy(policy)


@given(st.integers(1, 12), st.data())
def test_a_policy_comes_back_as_it_was_written_and_asks_for_as_many_as_it_says(size: int, data: st.DataObject) -> None:
    names = [f"w{number}" for number in range(size)]
    needed = data.draw(st.integers(1, size))
    witnesses = {name: Witness(name, key(number), "u") for number, name in enumerate(names)}
    policy = WitnessPolicy((Log(LOG),), witnesses, {"g": Group("g", needed, tuple(names))}, "g")
    assert parse_policy(format_policy(policy)) == policy
    signed = data.draw(st.sets(st.integers(0, size - 1)))
    assert policy.satisfied_by(by(*signed)) is (len(signed) >= needed)


def test_a_mangled_policy_is_refused_in_our_own_words_or_means_something() -> None:
    everybody = by(*range(1, 7))
    for data in survivors(parse_policy, [EXAMPLE, lines(f"log {LOG}", X[0] + " url", "quorum X1")]):
        policy = parse_policy(data)
        assert policy.satisfied_by([*everybody, Verified(LATER, None)]) in {True, False}
        with_urls = {name: Witness(name, one.key, "u") for name, one in policy.witnesses.items()}
        written = WitnessPolicy(policy.logs, with_urls, policy.groups, policy.quorum)
        assert parse_policy(format_policy(written)) == written
