"""Somebody is erased, by the commands people type; then every file of the study is opened in every way and searched.

In the demo study, and in a made-up one of thirty sessions. Whatever is still found of the person fails the test; what
only sounds like their name is counted. Somebody else is searched for in the same way, and must be found whole.
"""

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from deidentification.recognizers.sounds import metaphones, sound_key
from deidentification.text import fold
from flows.study import Study
from schemas.errors import MissingKey
from schemas.records import Record
from schemas.speech import Attributed
from tests.acceptance import people
from tests.acceptance.big_study import LEVELS, BigStudy, make_big_study
from tests.acceptance.every_way import EveryWay, Hit, Sound, outside_evidence, runs_of
from tests.acceptance.laboratory import DEMO, LONG, PASSPHRASE, Laboratory, Made, copied
from tests.acceptance.reading import rows
from vault.age import Identity
from vault.epoch import WITH_EPOCH
from vault.keys import unlock
from vault.keystore import Keystore
from vault.roles import EPOCH_BYTES, open_role, read_epoch_secret, role_identity
from vault.sessions import SessionStore
from warehouse.logical import logical_hash

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

SESSIONS = 60 if LONG else 30
MANY, DEMO_STUDY = f"{SESSIONS} sessions", "demo"
BOTH = pytest.mark.parametrize("where", [DEMO_STUDY, MANY])
PARTNER = "Okonjo Institute"
SHORT = 8
"""Letters below which a name is looked for as a whole word: it stands inside others, or in bytes, by chance."""
LETTERS = re.compile(r"[^\W\d_]{4,24}")
INSIDE_S = 0.1
"""How far from the ends of a turn the sound is looked at."""


class Coding(Record):
    """What somebody coded: letters of one turn, and what they noted."""

    utterance: str
    start_char: int
    end_char: int
    code: str
    note: str


@dataclass(frozen=True)
class Known:
    """Somebody to be searched for.

    Attributes:
        names: By which they are known, their address too.
        said: Their turns, as they stand in the locked store before anything is erased, or as they were handed in.
    """

    participant: str
    names: tuple[str, ...]
    said: tuple[str, ...]


@dataclass
class World:
    """A study before and after somebody was erased from it.

    Attributes:
        lab: Everything of it is searched: the study, and the home, logs and temporary files of all commands.
        users: Whose keys are used in the search.
        gone: Who was erased. stays: Somebody else.
        others: Turns of everybody but who was erased.
        coded: Codings of other people's words before: their file, to the words they sat on.
        kept: Copies from before: ``keys`` and ``vault``.
        before: The data sets from before, outside everything that is searched, by name.
    """

    lab: Laboratory
    users: tuple[str, ...]
    gone: Known
    stays: Known
    others: list[list[str]]
    kept: Path
    coded: dict[str, str] = field(default_factory=dict)
    before: dict[str, Path] = field(default_factory=dict)

    @property
    def study(self) -> Path:
        return self.lab.root / "study"

    def do(self, *arguments: str | Path, user: str = "pi") -> Any:
        """Run a command that must end well; its facts."""
        done = self.lab.run(*arguments, "--user", user, "--json", study=self.study)
        assert done.code == 0, f"{arguments[:3]}: {done.out}{done.err}"
        return done.facts

    def do_all(self, *commands: Sequence[str | Path]) -> None:
        """Run commands that must all end well, as one process."""
        done = self.lab.run_all(self.study, [[*command, "--user", "pi"] for command in commands])
        assert done.code == 0, done.out + done.err

    def opened(self) -> Study:
        return Study(self.study, unlock(self.study / "keys", "pi", PASSPHRASE))

    @cached_property
    def ways(self) -> EveryWay:
        """Everything there is, opened with everybody's keys."""
        return EveryWay(self.lab.root, [unlock(self.study / "keys", user, PASSPHRASE) for user in self.users])

    @cached_property
    def sounds(self) -> dict[tuple[str, str], Sound]:
        """Recordings by the opaque id of their session, and track."""
        found = {}
        for sound in self.ways.sounds():
            place = sound.where.partition(",")[0].split("/")
            found[place[-2], place[-1].split(".")[1]] = sound
        return found


# ---------------------------------------------------------------- the two studies


@pytest.fixture(scope="module")
def demo_world(cache: Path, first: Made, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo study: a researcher with a recording of their own, in a mix, and in a transcript, is erased at once."""
    lab = Laboratory(tmp_path_factory.mktemp("erased-demo"), cache)
    return erase_from_demo(lab, first.study, tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> BigStudy:
    """A made-up study in which nothing was run."""
    return make_big_study(tmp_path_factory.mktemp("big"), sessions=SESSIONS)


@pytest.fixture(scope="module")
def big_world(big: BigStudy, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A large study, run and coded, with two data sets; somebody is erased after a second person said yes."""
    lab = Laboratory(tmp_path_factory.mktemp("erased-big"), cache)
    return erase_from_big(lab, big, tmp_path_factory.mktemp("kept"))


@pytest.fixture
def worlds(request: pytest.FixtureRequest) -> Callable[[str], World]:
    """The worlds by their names; only the one that is asked for is made."""
    return lambda where: request.getfixturevalue("demo_world" if where == DEMO_STUDY else "big_world")


def erase_from_demo(lab: Laboratory, study: Path, kept: Path) -> World:
    copied(study, lab.root / "study")
    said = said_in_demo(lab.root / "study")
    world = World(
        lab, ("pi", "board"), known_in_demo("P08", said), known_in_demo("P01", said), others("P08", said), kept
    )
    world = replace(world, stays=replace(world.stays, said=tuple(heard(lab.root / "study")["P01"])))
    env = lab.environment(CHATHAM_NEW_PASSPHRASE=PASSPHRASE)
    added = lab.run("user", "add", "board", "--role", "ethics", "--user", "pi", study=world.study, env=env)
    assert added.code == 0, added.err
    code_everything(world, world.gone.names[1])
    hand_on(world, "paper-1")
    keep(world)
    at_once = ["--destroy-after", "0", "--confirmed-by", "board"]
    world.do("consent", "withdraw", "P08", "--data", "erase", *at_once)
    world.do("run")
    return world


def erase_from_big(lab: Laboratory, made: BigStudy, kept: Path) -> World:
    copied(made.folder, lab.root / "study")
    gone, stays = chosen(made)
    world = World(
        lab,
        ("pi", "board", "ra"),
        known_in_big(made, gone),
        known_in_big(made, stays),
        made.words_of_others(gone),
        kept,
    )
    world.do("run")
    code_everything(world, made.people[gone].first)
    hand_on(world, "paper-1", "paper-2")
    keep(world)
    world.do_all(
        ["consent", "withdraw", gone, "--data", "erase", "--destroy-after", "0"],
        ["release", "recall", "paper-1", "--out", lab.root / "letters"],
    )
    assert [one["confirmed"] for one in world.do("consent", "confirm", gone, user="board")["waiting"]] == [True]
    assert [one["participant"] for one in world.do("retention", "--dispose")["destroyed"]] == [gone]
    world.do("run")
    return world


def chosen(made: BigStudy) -> tuple[str, str]:
    """Somebody who speaks in a mix, has a recording of their own, and is named in what was recorded; and another.

    Of several, the one of whom most is shown, so that most is to be lost.
    """
    recorded = {*made.mixed, *(session for session, _ in made.tracks)}
    named = Counter(one.named for one in made.said if one.session in recorded)
    both = [
        who
        for who in made.people
        if named[who] and set(made.sessions_of(who)) & set(made.mixed) and who in made.tracks.values()
    ]
    gone = min(both, key=lambda who: LEVELS.index(made.people[who].level))
    return gone, next(who for who in made.people if made.people[who].level == "named" and who != gone)


def known_in_big(made: BigStudy, who: str) -> Known:
    return Known(who, made.people[who].names, tuple(made.words_of(who)))


def known_in_demo(who: str, said: Mapping[str, Sequence[str]]) -> Known:
    one = people.everybody()[who]
    return Known(who, (one.full_name, *one.full_name.split(), *one.aliases, one.email), tuple(said[who]))


def others(who: str, said: Mapping[str, Sequence[str]]) -> list[list[str]]:
    return [list(texts) for other, texts in said.items() if other != who]


def said_in_demo(study: Path) -> dict[str, list[str]]:
    """Who said what: as it was written for the voices, as it stands in the transcripts, and as it was heard."""
    said = heard(study)
    for turn in json.loads((DEMO / "reference.json").read_text(encoding="utf-8"))["turns"]:
        said.setdefault(turn["speaker"], []).append(turn["text"])
    names = {one.full_name: one.participant for one in people.everybody().values()}
    for path in sorted(DEMO.glob("sessions/*/transcript.vtt")):
        cues = re.findall(r"^(?:<v )?([^:>\n]{2,30})[:>] ?(\S.*?)(?:</v>)?$", path.read_text(encoding="utf-8"), re.M)
        for label, text in cues:
            said.setdefault(names.get(label, label), []).append(text)
    return said


def heard(study: Path) -> dict[str, list[str]]:
    """Who said what as the locked store has it."""
    said: dict[str, list[str]] = {}
    opened = Study(study, unlock(study / "keys", "pi", PASSPHRASE))
    for turn, who, _ in turns(opened):
        said.setdefault(who, []).append(turn)
    return said


def turns(study: Study) -> Iterator[tuple[str, str, tuple[SessionStore, str]]]:
    """Text, participant (or voice), and where: every turn of every session."""
    for store in study.sessions():
        attributed = store.latest("attributed", Attributed)
        assert attributed is not None
        for turn in attributed.utterances:
            voice = attributed.voices[turn.voice]
            yield turn.text, voice.participant or voice.label or "", (store, turn.utterance)


def code_everything(world: World, name: str) -> None:
    """Code the last two words of every turn; in every second session a note names who will be erased."""
    told: dict[str, bool] = {}
    for text, who, (store, utterance) in list(turns(world.opened())):
        start = len(text) - len(" ".join(text.split()[-2:]))
        names = told.setdefault(store.opaque, len(told) % 2 == 0)
        note = f"{name} would not agree; asked {name.upper()} in the corridor" if names else "asked in the corridor"
        coding = Coding(utterance=utterance, start_char=start, end_char=len(text), code="late", note=note)
        store.append_entry("coding", coding)
        if who != world.gone.participant:
            newest = store.entry_files("coding")[-1]
            world.coded[f"{store.opaque}/{newest.name}"] = text[start:]


def hand_on(world: World, *names: str) -> None:
    """Make data sets, for analysis and for an archive, and give the first to somebody."""
    pairs = zip(names, ("analyse", "archive"), strict=False)
    made = [["release", name, "--purpose", purpose] for name, purpose in pairs]
    world.do_all(*made, ["release", "sent", names[0], "--to", PARTNER])


def keep(world: World) -> None:
    """Put copies of keys, locked store and data sets aside, outside everything that is searched."""
    shutil.copytree(world.study / "keys", world.kept / "keys")
    shutil.copytree(world.study / "vault", world.kept / "vault")
    files = {path.parent.name: path for path in world.study.rglob("*.duckdb")}
    for name, path in files.items():
        world.before[name] = Path(shutil.copy(path, world.kept / f"{name}.duckdb"))


# ---------------------------------------------------------------- nothing is found of the person, everything of another


def found(ways: EveryWay, names: Sequence[str]) -> list[Hit]:
    """Where names stand outside the evidence: long ones wherever their letters do, short ones as words."""
    long = [name for name in names if len(name) >= SHORT]
    short = {people.plain(name): name for name in names if len(name) < SHORT}
    if not short:
        return outside_evidence(ways.find(long))
    pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, short))})(?!\w)")
    hits = {(where, short[name]) for where, text in ways.texts() for name in pattern.findall(people.plain(text))}
    return outside_evidence(sorted({*ways.find(long), *hits}))


@BOTH
def test_no_name_of_the_person_stands_anywhere(where: str, worlds: Callable[[str], World]) -> None:
    world = worlds(where)
    assert found(world.ways, world.gone.names) == []
    assert not any(name in text for text in world.lab.written for name in world.gone.names)
    pages = EveryWay(world.study / "consent" / "certificates")
    assert found(pages, [world.gone.participant])
    assert found(pages, world.gone.names) == []


@BOTH
def test_no_five_words_in_a_row_that_only_this_person_said_stand_anywhere(
    where: str, worlds: Callable[[str], World]
) -> None:
    world = worlds(where)
    own = runs_of(world.gone.said, world.others)
    print(f"{where}: {len(own)} runs of five words were looked for")
    assert len(own) > 40
    assert world.ways.runs(world.gone.said, world.others) == []


@BOTH
def test_somebody_else_is_found_by_every_name_and_in_every_five_words(
    where: str, worlds: Callable[[str], World]
) -> None:
    """But for the words in which they named who was erased."""
    world = worlds(where)
    assert {name for _, name in found(world.ways, world.stays.names)} == set(world.stays.names)
    blocked = {part for name in world.gone.names for part in people.plain(name).split()}
    wanted = {run for turn in world.stays.said for run in runs_of([turn]) if not blocked & set(run)}
    there = {tuple(run.split()) for _, run in outside_evidence(world.ways.runs(world.stays.said))}
    print(f"{where}: {len(wanted)} runs of five words of somebody else were looked for, {len(wanted & there)} found")
    assert len(wanted) >= 30
    assert wanted - there == set()


@BOTH
def test_everything_could_be_opened(where: str, worlds: Callable[[str], World]) -> None:
    """Or finding nothing would prove nothing."""
    assert worlds(where).ways.unopened == []


@BOTH
def test_what_only_sounds_like_the_person_is_listed(where: str, worlds: Callable[[str], World]) -> None:
    world = worlds(where)
    parts = {fold(part) for name in world.gone.names[:-1] for part in name.split() if len(part) >= 4}
    codes = {part: metaphones(part) for part in parts}
    keys = {part: sound_key(part) for part in parts}
    seen: dict[str, str | None] = {}

    def alike(word: str) -> str | None:
        code, key = metaphones(word), sound_key(word)
        return next((part for part in parts if codes[part] & code and keys[part] == key), None)

    hits: Counter[tuple[str, str]] = Counter()
    for place, text in world.ways.texts():
        if not outside_evidence([(place, "")]) or "\ufffd" in text:
            continue
        for word in {fold(word) for word in LETTERS.findall(text)}:
            if word not in seen:
                seen[word] = alike(word)
            if like := seen[word]:
                hits[word, like] += 1
    listed = ", ".join(f"{word} like {like} ({count})" for (word, like), count in hits.most_common(20))
    print(f"{where}: of {len(seen)} words, {len(hits)} sound like a name of the person: {listed or 'none'}")
    assert alike(next(iter(parts))), "or the search by sound finds nothing"
    assert not parts & {word for word, _ in hits}


# ---------------------------------------------------------------- sound


def test_where_the_person_spoke_there_is_silence_and_where_others_spoke_their_tone(
    big: BigStudy, big_world: World
) -> None:
    study, gone = big_world.opened(), big_world.gone.participant
    for session in [*big.mixed, *{session for session, _ in big.tracks}]:
        opaque = study.vault.session(session).opaque
        owned = {track: owner for (one, track), owner in big.tracks.items() if one == session}
        left = {track for one, track in big_world.sounds if one == opaque}
        assert left == {track for track, owner in owned.items() if owner != gone} if owned else {"t1"}
        for one in [one for one in big.said if one.session == session]:
            span = one.start_s + INSIDE_S, one.end_s - INSIDE_S
            for track in left:
                sound = big_world.sounds[opaque, track]
                assert sound.strength(big.people[gone].hertz, *span) < 0.002, (session, track)
                if one.participant == gone and not owned:
                    assert (sound.loudest(*span), sound.silent_share(*span)) == (0.0, 1.0)
                if one.participant != gone and owned.get(track, one.participant) == one.participant:
                    assert sound.strength(big.people[one.participant].hertz, *span) > 0.1


def test_where_others_said_the_persons_name_there_is_silence(big: BigStudy, big_world: World) -> None:
    study, gone, count = big_world.opened(), big_world.gone.participant, 0
    for one in big.said:
        opaque = study.vault.session(one.session).opaque
        if one.named != gone or one.participant == gone or (opaque, "t1") not in big_world.sounds:
            continue
        owned = {owner: track for (session, track), owner in big.tracks.items() if session == one.session}
        sound = big_world.sounds[opaque, owned.get(one.participant, "t1")]
        a_word_s = (one.end_s - one.start_s) / len(one.text.split())
        assert sound.silent_share(one.start_s, one.start_s + 0.9 * a_word_s) == 1.0
        assert sound.strength(big.people[one.participant].hertz, one.start_s + 4 * a_word_s, one.end_s) > 0.1
        count += 1
    print(f"the name was said {count} times in what was recorded")
    assert count


def test_in_the_demo_their_recording_is_gone_and_the_mix_is_silent_where_they_spoke(demo_world: World) -> None:
    study = demo_world.opened()
    own, mix = (study.vault.session(session).opaque for session in ("S1", "S2"))
    before = EveryWay(demo_world.kept / "vault" / "sessions" / own).study
    assert len(list(before.glob("audio.*.age"))) == 4
    assert len([track for opaque, track in demo_world.sounds if opaque == own]) == 3
    [sound] = [sound for (opaque, _), sound in demo_world.sounds.items() if opaque == mix]
    for turn in json.loads((DEMO / "reference.json").read_text(encoding="utf-8"))["turns"]:
        if turn["session"] == "S2":
            heard_s = sound.loudest(turn["start_s"], turn["end_s"])
            share = sound.silent_share(turn["start_s"], turn["end_s"])
            print(f"S2 {turn['start_s']:6.2f} {turn['speaker']:5} loudest {heard_s:.3f}, silent {share:.3f}")
            if turn["speaker"] == demo_world.gone.participant:
                assert (heard_s, share) == (0.0, 1.0)
            elif turn["speaker"] != "guest":
                assert heard_s > 0.05


# ---------------------------------------------------------------- old copies


def without_epoch(keys: Path, today: Path) -> list[Identity]:
    """What somebody with the passphrase gets of old keys without their epoch secret, today's in its place included."""
    holder = unlock(keys, "pi", PASSPHRASE).holder
    held = {role: open_role(keys, role, holder) for role in WITH_EPOCH}
    assert all(held.values())
    epochs = [read_epoch_secret(today), bytes(EPOCH_BYTES)]
    identities = [
        {role: role_identity(role, secret.secret, epoch) for role, secret in held.items() if secret} for epoch in epochs
    ]
    keystores = [Keystore(keys, one) for one in identities]
    return [
        holder,
        *(i for one in identities for i in one.values()),
        *chain.from_iterable(map(opened_halves, keystores)),
    ]


def opened_halves(store: Keystore) -> Iterator[Identity]:
    for name in store.names():
        try:
            yield store.identity(name)
        except MissingKey:
            continue


@BOTH
def test_an_old_copy_of_the_keys_without_the_epoch_secret_opens_nothing_new_or_old(
    where: str, worlds: Callable[[str], World]
) -> None:
    world = worlds(where)
    held = without_epoch(world.kept / "keys", world.study / "keys")
    for age, vault in (("today", world.study / "vault"), ("that time", world.kept / "vault")):
        closed, count = EveryWay(vault, [], held).unopened, len(list(vault.rglob("*.age")))
        print(f"{where}: old keys without epoch.secret: {len(closed)} of {count} files of {age} stay shut")
        assert len(closed) == count > 10


@BOTH
def test_an_old_keystore_put_back_into_the_study_opens_nothing(
    where: str, worlds: Callable[[str], World], tmp_path: Path
) -> None:
    """With today's passphrase, role keys and epoch secret."""
    world = worlds(where)
    keys = copied(world.study / "keys", tmp_path / "keys")
    shutil.rmtree(keys / "keystore")
    shutil.copytree(world.kept / "keys" / "keystore", keys / "keystore")
    store = Keystore(keys, unlock(keys, "pi", PASSPHRASE).identities)
    assert store.names()
    assert list(opened_halves(store)) == []


@BOTH
def test_old_keys_with_their_epoch_secret_open_old_files_and_nothing_new_that_held_the_person(
    where: str, worlds: Callable[[str], World]
) -> None:
    """The limit that is told: whoever has old keys, the epoch secret and an old locked store has what was in it."""
    world = worlds(where)
    old, keys = world.kept, world.kept / "keys"
    held = list(opened_halves(Keystore(keys, unlock(keys, "pi", PASSPHRASE).identities)))
    whole = EveryWay(old / "vault", [], held)
    assert {name for _, name in found(whole, world.gone.names)} == set(world.gone.names)
    new = EveryWay(world.study / "vault", [], held)
    closed, count = set(new.unopened), len(list((world.study / "vault").rglob("*.age")))
    print(f"{where}: old keys with their epoch.secret: {len(closed)} of {count} files of today stay shut")
    assert found(new, world.gone.names) == []
    assert new.runs(world.gone.said, world.others) == []
    touched = {place.split("/")[1] for place, _ in found(whole, world.gone.names) if place.startswith("sessions/")}
    assert {path for path in closed if path.startswith("sessions/")} >= {
        str(path.relative_to(world.study / "vault"))
        for opaque in touched
        for path in (world.study / "vault" / "sessions" / opaque).glob("*.age")
    }
    assert {path.name for path in (world.study / "vault").glob("*.age")} <= closed


# ---------------------------------------------------------------- what stays


@BOTH
def test_other_peoples_codings_sit_on_the_same_words(where: str, worlds: Callable[[str], World]) -> None:
    world = worlds(where)
    texts = {(store.opaque, utterance): text for text, _, (store, utterance) in turns(world.opened())}
    there, blocks = {}, 0
    for store in world.opened().sessions():
        for path, entry in zip(store.entry_files("coding"), store.entries("coding", Coding), strict=True):
            one = entry.record
            there[f"{store.opaque}/{path.name}"] = texts[store.opaque, one.utterance][one.start_char : one.end_char]
            blocks += "█" in one.note
    print(f"{where}: {len(there)} codings of other people's words, a name blocked in the notes of {blocks}")
    assert blocks > 10
    named = {key for key, words in world.coded.items() if there.get(key) != words}
    assert there.keys() == world.coded.keys()
    blocked = {part for name in world.gone.names for part in people.plain(name).split()}
    for key in named:
        assert len(there[key]) == len(world.coded[key])
        assert blocked & set(re.findall(r"\w+", people.plain(world.coded[key]))), "only a name may have gone"


@BOTH
def test_other_peoples_rows_keep_their_ids_and_their_words(where: str, worlds: Callable[[str], World]) -> None:
    """But for the words in which the person was named."""
    world = worlds(where)
    query = "SELECT utterance_id, text FROM utterances WHERE text IS NOT NULL"
    before, after = (
        {row["utterance_id"]: row["text"] for row in rows(path, query)}
        for path in (world.before["warehouse"], world.study / "warehouse" / "research.duckdb")
    )
    gone = before.keys() - after.keys()
    changed = {one for one in after.keys() & before.keys() if after[one] != before[one]}
    print(f"{where}: {len(before)} rows before, {len(gone)} gone, {len(changed)} changed")
    assert after.keys() <= before.keys()
    assert 0 < len(gone) <= len(world.gone.said)
    assert len(changed) < len(after) / 3


@BOTH
def test_data_sets_with_the_person_have_ended_and_their_successors_hold_nothing_of_them(
    where: str, worlds: Callable[[str], World]
) -> None:
    world = worlds(where)
    listed = {one["name"]: one for one in world.do("release", "list")}
    names = sorted(world.before.keys() - {"warehouse"})
    assert sorted(listed) == sorted([*names, *(f"{name}.2" for name in names)])
    for name in names:
        assert not listed[name]["stands"]
        assert (listed[f"{name}.2"]["stands"], listed[f"{name}.2"]["follows"]) == (True, name)
        assert [path.name for path in (world.study / "releases" / name).iterdir()] == ["manifest.json"]
        successor = EveryWay(world.study / "releases" / f"{name}.2")
        assert found(successor, world.gone.names) == []
        assert successor.runs(world.gone.said, world.others) == []
        assert rows(world.study / "releases" / f"{name}.2" / "release.duckdb", "FROM utterances")


# ---------------------------------------------------------------- undone in time


@pytest.mark.parametrize("where", [DEMO_STUDY, MANY] if LONG else [MANY])
def test_what_is_undone_in_time_is_exactly_what_was_there(
    where: str, worlds: Callable[[str], World], tmp_path: Path
) -> None:
    """The data set for analysis, and the successor of one that was made to hand on."""
    world = worlds(where)
    lab = Laboratory(tmp_path / "lab", world.lab.cache)
    again = World(lab, world.users, world.gone, world.stays, world.others, world.kept)
    copied(world.study, again.study)
    research, stays = again.study / "warehouse" / "research.duckdb", again.stays.participant
    before = logical_hash(research)
    [name, *_] = [one["name"] for one in again.do("release", "list") if one["stands"]]
    handed_on = logical_hash(again.study / "releases" / name / "release.duckdb")
    again.do("consent", "withdraw", stays, "--data", "erase")
    assert not research.exists()
    assert not (again.study / "releases" / name / "release.duckdb").exists()
    again.do_all(["consent", "undo", stays], ["run", "--json"])
    assert logical_hash(research) == before
    [new] = [one["name"] for one in again.do("release", "list") if one["follows"] == name]
    assert logical_hash(again.study / "releases" / new / "release.duckdb") == handed_on
