"""Every command's bad input: its exit code, one line that says what is wrong, one that says what to do, no more.

Files lie in a folder that is called like a participant, and their cells hold participants' names: no message may repeat
either. After every refused command the study is byte for byte what it was.
"""

import errno
import os
import random
import re
import shutil
import subprocess
import sys
import wave
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.study import Study
from tests.flows.conftest import FORM_TEXT, NAMES, PASSPHRASE, VTT, Chatham, Said, contents
from tests.flows.test_cli import OF_A_STUDY

SECRET = NAMES["P01"]
HEAD = "participant,full_name"
SHEET = "participant,at,event,level"
AT = "2026-03-01T10:00+13:00"

TEXTS = {
    "empty.csv": "",
    "header.csv": HEAD + "\n",
    "no_name_column.csv": f"participant,name\nP01,{SECRET}\n",
    "unknown_column.csv": f"{HEAD},{SECRET}\nP01,{SECRET},x\n",
    "doubled_column.csv": f"{HEAD},full_name\nP01,{SECRET},x\n",
    "long_row.csv": f"{HEAD}\nP01,Quist, Maribel,x\n",
    "open_quote.csv": f'{HEAD}\nP01,"{SECRET}\n',
    "bad_people.csv": (
        f"{HEAD},standing,email,from\n{SECRET},{SECRET},,,\nP02,,,,\nP03,x,{SECRET},,\n"
        f"P04,x,,{SECRET},\nP05,x,,,{SECRET}\nP06,x,,,04/03/2026\nP06,x,,,\n"
    ),
    "sheet_header.csv": SHEET + "\n",
    "sheet_no_at.csv": "participant,event,level\nP01,change,named\n",
    "sheet_unknown_column.csv": f"{SHEET},{SECRET}\nP01,{AT},change,named,x\n",
    "sheet_bad.csv": (
        f"{SHEET},reach,quote_practice,form\n{SECRET},{AT},change,named,,,\nP77,{AT},change,named,,,\n"
        f"P01,04/03/2026,change,named,,,\nP01,2026-03-01T10:00,change,named,,,\nP01,2999-01-01T10:00Z,change,named,,,\n"
        f"P01,{AT},{SECRET},named,,,\nP01,{AT},change,{SECRET},,,\nP01,{AT},change,named,session:{SECRET},,\n"
        f"P01,{AT},change,named,,{SECRET},\nP01,{AT},consent,named,,,{SECRET}\n"
    ),
    "sheet_one_bad.csv": f"{SHEET}\nP01,{AT},change,unnamed\nP02,{AT},change,{SECRET}\n",
    "sheet_backwards.csv": f"{SHEET}\nP01,{AT},change,unnamed\nP01,2026-02-20T10:00+13:00,change,named\n",
    "sheet_no_evidence.csv": f"{SHEET},evidence\nP01,{AT},change,unnamed,{SECRET}.pdf\n",
    "form_open.md": f"---\nkind: participant\nI, {SECRET}, agree.\n",
    "form_bad_yaml.md": f"---\nkind: [{SECRET}\n---\nI agree.\n",
    "form_unknown.md": f"---\n{SECRET}: yes\n---\nI agree.\n",
    "form_no_text.md": "---\nkind: participant\n---\n",
    "form.md": FORM_TEXT,
    "form_other.md": "Another text that people sign.\n",
    "empty.vtt": "",
    "no_cues.vtt": "WEBVTT\n\n",
    "broken.vtt": f"WEBVTT\n\n00:00:01.000 --> 00:00:0x.000\n{SECRET}: We met.\n",
    "prose.txt": f"{SECRET} met the council about the ferry.\n",
    "good.vtt": VTT,
    "map_unknown.csv": f"voice,participant\n{SECRET},P77\n{SECRET},P01\n,P02\n",
    "map_columns.csv": f"voice,who\n{SECRET},P01\n",
    "not_json.jsonl": f'{{"id": "1", "text": "We met."}}\n{SECRET} met us.\n',
    "no_text.jsonl": f'{{"id": "{SECRET}"}}\n',
    "good.jsonl": '{"id": "1", "text": "We met."}\n',
    "empty.wav": "",
    "prose.wav": f"{SECRET} met the council about the ferry.\n" * 40,
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the table below, in a folder that is called like a participant."""
    folder = tmp_path_factory.mktemp("bad") / SECRET
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    noise = random.Random(1).randbytes(4_000)  # noqa: S311 - bytes that are no text, the same each time
    for name in ("binary.csv", "binary.md", "binary.vtt", "binary.jsonl", "binary.wav"):
        (folder / name).write_bytes(b"\x00\xff" + noise)
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04" + noise)
    with zipfile.ZipFile(folder / "no_workbook.xlsx", "w") as archive:
        archive.writestr("word/document.xml", f"<w>{SECRET}</w>")
    sound(folder / "silent.wav", seconds=2, level=0)
    sound(folder / "no_frames.wav", seconds=0, level=0)
    whole = (sound(folder / "cut.wav", seconds=4, level=9_000)).read_bytes()
    (folder / "cut.wav").write_bytes(whole[: len(whole) // 3])
    sound(folder / "good.wav", seconds=2, level=9_000)
    (folder / "folder").mkdir()
    (folder / "silent").mkdir()
    for number in (1, 2):
        sound(folder / "silent" / f"audio{number}.wav", seconds=1, level=1)
    return folder


def sound(path: Path, *, seconds: float, level: int) -> Path:
    """A mono WAV at 8 kHz: noise whose loudest sample is ``level`` of 32768."""
    chance = random.Random(2)  # noqa: S311 - a sound, the same each time
    samples = (chance.randint(-level, level) for _ in range(int(seconds * 8_000)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return path


@pytest.fixture(scope="module")
def standing(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that no refused command may change; shared, since none does."""
    folder = tmp_path_factory.mktemp("standing") / "study"
    shutil.copytree(template, folder)
    (folder / "warehouse" / "research.duckdb").write_bytes(b"the data set that stands")
    return folder


def check(said: Said, code: int, wrong: str, todo: str) -> None:
    """One line what is wrong (a sheet: and one for each bad cell), one what to do; nobody's words, names or paths."""
    first, *listed, last = said.err.splitlines()
    assert said.code == code, said.err
    assert re.search(f"^chatham: .*{wrong}", first), said.err
    assert re.search(f"^  (?=[A-Z']).*{todo}", last), said.err
    assert all(re.match(r"line \d+(, column \w+)?: .|line \d+, column \w+: .", line) for line in listed), said.err
    assert said.out == ""
    for name in [*NAMES.values(), *SECRET.split()]:
        assert name not in said.err
    assert "Traceback" not in said.err
    assert "went wrong inside" not in said.err


PATH_HINT = "Check the path"
ROSTER = "roster import BAD/"
FORM = "form add BAD/{} --version v2 --approval H1"
CONSENT = "consent import BAD/"
RECORD = "consent record"
SHOW = "consent show"
WITHDRAW = "consent withdraw"
ADD = "session add S2 --start 2026-03-11T09:00+13:00"
MARK = "passage mark"
ASK_ROSTER = "P and digits"

SHEET_FILES = [
    ("absent.csv", "there is no such file", PATH_HINT),
    ("folder", "that is a folder", "Name the file"),
    ("empty.csv", "the file is empty", "saved or downloaded whole"),
    ("binary.csv", "no text in UTF-8", "Save it as CSV UTF-8"),
    ("broken.xlsx", "workbook cannot be opened", "Save it again"),
    ("no_workbook.xlsx", "workbook cannot be opened", "Save it again"),
    ("good.csv/deeper.csv", "cannot be read|no such file", PATH_HINT),
]

TABLE: list[tuple[str, int, str, str]] = [
    # ------------------------------------------------------------ roster import
    *((ROSTER + name, 3, wrong, todo) for name, wrong, todo in SHEET_FILES),
    (ROSTER + "header.csv", 3, "a header and no rows", "saved whole"),
    (ROSTER + "no_name_column.csv", 3, "line 1: column full_name is missing", "needed: participant, full_name"),
    (ROSTER + "unknown_column.csv", 3, "line 1: column 3 has a name", "Known columns: participant"),
    (ROSTER + "doubled_column.csv", 3, r"two columns have the same name \(column 2\)", "Give each column"),
    (ROSTER + "long_row.csv", 3, "line 2 has more cells", "double quotes"),
    (ROSTER + "open_quote.csv", 3, "line 2 is not a table row", "quotation marks"),
    (ROSTER + "bad_people.csv", 3, "the roster is not right; nobody was imported:$", "import the whole file again"),
    # ------------------------------------------------------------ backup
    ("backup", 2, "a backup needs one thing to do", "one of them"),
    ("backup BAD/header.csv", 2, "such a file already", "nothing is overwritten"),
    ("backup BAD/deeper/new.age", 2, "folder for the backup is not there", "in a folder that exists"),
    ("backup NEW", 4, "has no recovery key", "chatham keys recovery"),
    ("backup NEW --verify", 4, "no recovery key was given", "CHATHAM_RECOVERY_KEY_FILE"),
    ("backup --destroyed 0123456789abcdef", 2, "knows no backup of this id", "backup --list"),
    ("restore BAD/header.csv --study NEW", 4, "no recovery key was given", "CHATHAM_RECOVERY_KEY_FILE"),
    # ------------------------------------------------------------ form add
    (FORM.format("absent.md"), 3, "there is no such file", PATH_HINT),
    (FORM.format("folder"), 3, "that is a folder", "Name the file"),
    (FORM.format("empty.csv"), 3, "the file is empty", "saved"),
    (FORM.format("binary.md"), 3, "line 1 of the form is not UTF-8", "plain text in UTF-8"),
    (FORM.format("form_open.md"), 3, "line 1 opens the form's head and nothing closes it", "three hyphens"),
    (FORM.format("form_bad_yaml.md"), 3, r"line \d+ of the form's head is not YAML", "three hyphens"),
    (FORM.format("form_unknown.md"), 3, "line 2 of the form's head is not one of", "three hyphens"),
    (FORM.format("form_no_text.md"), 3, "no text for people to read", "below the head"),
    (
        "form add BAD/form_other.md --version v1 --approval H26-0001",
        3,
        "version v1 is already registered",
        "of its own",
    ),
    (
        "form add BAD/form.md --version v2 --approval H1",
        3,
        "this very text is already registered as version v1",
        "name",
    ),
    ("form add BAD/form_other.md --version ../v --approval H1", 2, "--version has a form", "letters, digits"),
    (
        "form add BAD/form_other.md --version v2 --approval H1 --language English",
        2,
        "--language is no language",
        "en or fr",
    ),
    # ------------------------------------------------------------ consent import
    *((CONSENT + name, 3, wrong, todo) for name, wrong, todo in SHEET_FILES),
    (CONSENT + "sheet_header.csv", 3, "a header and no rows", "saved whole"),
    (CONSENT + "sheet_no_at.csv", 3, "line 1: column at is missing", "needed: participant, at, event"),
    (CONSENT + "sheet_unknown_column.csv", 3, "line 1: column 5 has a name", "Known columns: participant, at"),
    (CONSENT + "sheet_bad.csv", 3, "10 rows are not right; none was recorded:$", "import the whole file again"),
    (CONSENT + "sheet_one_bad.csv", 3, "1 row is not right; none was recorded:$", "import the whole file again"),
    (CONSENT + "sheet_backwards.csv", 3, "1 row is not right; none was recorded:$", "import the whole file again"),
    (CONSENT + "sheet_no_evidence.csv", 3, "1 row is not right; none was recorded:$", "import the whole file again"),
    (CONSENT + "sheet_bad.csv --preview", 3, "10 rows are not right; none was recorded:$", "the whole file again"),
    # ------------------------------------------------------------ consent record
    (f"{RECORD} P77 --level named", 3, "nothing was recorded: participant: P77 is not in the roster", "Correct it"),
    (f"{RECORD} NAME --level named", 3, "participant: is not P and digits", "Correct it"),
    (f"{RECORD} P01 --level NAME", 3, "level: is not one of", "Correct it"),
    (f"{RECORD} P01", 3, "changes nothing", "Correct it"),
    (f"{RECORD} P01 --form v1", 3, "level: is needed for a consent", "Correct it"),
    (f"{RECORD} P01 --level named --form NAME", 3, "form: is no registered version", "Correct it"),
    (f"{RECORD} P01 --level named --at NAME", 3, "at: is no date and time; write it like", "Correct it"),
    (f"{RECORD} P01 --level named --at 04/03/2026", 3, "at: is a date in another order", "Correct it"),
    (f"{RECORD} P01 --level named --at 2026-03-01T10:00", 3, "at: has no time zone", "Correct it"),
    (f"{RECORD} P01 --level named --at 2999-03-01T10:00Z", 3, "at: lies in the future", "Correct it"),
    (f"{RECORD} P01 --level named --applies NAME", 3, "applies: is not one of", "Correct it"),
    (f"{RECORD} P01 --level named --given-by NAME", 3, "given_by: ", "Correct it"),
    (f"{RECORD} P01 --organisation NAME", 3, "organisation: is not", "Correct it"),
    (f"{RECORD} P01 --permission archive=NAME", 3, "archive: is not", "Correct it"),
    (f"{RECORD} P01 --permission ai_services=yes", 3, "ai_services: was never asked by form v1", "Correct it"),
    (f"{RECORD} P01 --permission NAME=yes", 2, "--permission is not NAME=VALUE", "quote_practice=yes"),
    (f"{RECORD} P01 --permission archive", 2, "--permission is not NAME=VALUE", "quote_practice=yes"),
    (f"{RECORD} P01 --level-for NAME=named", 2, "--level-for is not NAME=VALUE", "quote_practice=yes|practice=named"),
    (f"{RECORD} P01 --level named --reach NAME", 2, "--reach is none of the known ones", "Use study"),
    (f"{RECORD} P01 --level named --reach session:S9", 2, "names a session that this study does not", "Check its id"),
    (f"{RECORD} P01 --level named --event undo", 2, "--event is none", "consent withdraw"),
    (f"{RECORD} P01 --level named --event withdraw", 2, "--event is none", "consent withdraw"),
    (f"{RECORD} P01 --level named --evidence BAD/absent.pdf", 3, "the evidence file cannot be read", PATH_HINT),
    (f"{RECORD} P01 --level named --evidence BAD/folder", 3, "the evidence file cannot be read", PATH_HINT),
    (f"{RECORD} P01 --level named --evidence BAD/empty.csv", 3, "the evidence file is empty", "scanned whole"),
    # ------------------------------------------------------------ consent show, history
    (f"{SHOW} P77", 3, "that participant is not in the roster", ASK_ROSTER),
    (f"{SHOW} NAME", 3, "that participant is not in the roster", ASK_ROSTER),
    (f"{SHOW} P01 --at yesterday", 2, "--at is no time with its zone", "Write it like"),
    (f"{SHOW} P01 --at 2026-03-01T10:00", 2, "--at is no time with its zone", "Write it like"),
    (f"{SHOW} P01 --use NAME", 2, "--use is none of the known ones", "analysis, research"),
    (f"{SHOW} P01 --reach NAME", 2, "--reach is none of the known ones", "Use study"),
    (f"{SHOW} P01 --reach passage:abcdefghijkl", 2, "a passage that this study does not have", "Check its id"),
    (f"{SHOW} P01 --reach writing:S1", 2, "a writing that this study does not have", "Check its id"),
    ("consent history P77", 3, "that participant is not in the roster", ASK_ROSTER),
    # ------------------------------------------------------------ consent withdraw
    (f"{WITHDRAW} P77 --data erase", 3, "that participant is not in the roster", ASK_ROSTER),
    (f"{WITHDRAW} P01 --data NAME", 2, "--data is none of the known ones", "erase, keep_deidentified or stop"),
    (f"{WITHDRAW} P01 --data erase --destroy-after soon", 2, "--destroy-after is no number of days", "such as 7d"),
    (f"{WITHDRAW} P01 --data erase --destroy-after 32d", 2, "up to 31", "such as 7d"),
    (f"{WITHDRAW} P01 --data erase --use NAME", 2, "--use is none that can be withdrawn", "for the voice alone"),
    (f"{WITHDRAW} P01 --data keep_deidentified --use recording", 2, "a voice cannot be kept", "--data erase"),
    (f"{WITHDRAW} P01 --data erase --confirmed-by ra", 2, "to be destroyed today", "--destroy-after 0"),
    (f"{WITHDRAW} P01 --data erase --destroy-after 0 --confirmed-by NAME", 2, "names nobody", "chatham user list"),
    (f"{WITHDRAW} P01 --data erase --destroy-after 0 --confirmed-by pi", 4, "own second person", "other person"),
    ("consent undo P01", 2, "no withdrawal that stands", "chatham consent history"),
    ("consent undo P01 --reach NAME", 2, "--reach is none of the known ones", "session:ID"),
    ("consent confirm P01", 2, "waits to be confirmed", "chatham retention"),
    ("consent certificate P01", 2, "nothing of that participant was destroyed", "chatham retention"),
    (f"{WITHDRAW} P01 --data erase --at 2026-03-01", 2, "--at is no time with its zone", "Write it like"),
    (f"{WITHDRAW} P01 --data erase --at 2999-03-01T10:00Z", 2, "--at lies in the future", "when the person asked"),
    (f"{WITHDRAW} P01 --data erase --reach session:S9", 2, "a session that this study does not have", "Check its id"),
    # ------------------------------------------------------------ session add
    (ADD, 2, "needs a recording or a transcript", "--recording FILE, --transcript FILE"),
    (f"{ADD} --recording BAD/absent.wav", 3, "recording 1: there is no such file", PATH_HINT),
    (f"{ADD} --recording BAD/folder", 3, "recording 1 is a folder without recordings", "folder that holds the files"),
    (f"{ADD} --recording BAD/empty.wav", 3, "recording 1 of 1: .*empty", "Copy it again"),
    (f"{ADD} --recording BAD/prose.wav", 3, "recording 1 of 1: .*not a sound or video file", "meeting tool"),
    (f"{ADD} --recording BAD/binary.wav", 3, "recording 1 of 1: .*not a sound or video file", "meeting tool"),
    (f"{ADD} --recording BAD/good.vtt", 3, "recording 1 of 1: .*(no sound|not a sound)", "audio track|meeting tool"),
    (f"{ADD} --recording BAD/cut.wav", 3, "recording 1 of 1: .*cut short", "Copy it again"),
    (f"{ADD} --recording BAD/no_frames.wav", 3, "recording 1 of 1: .*(no sound|not a sound)", "Copy|meeting tool"),
    (f"{ADD} --recording BAD/silent.wav", 3, "the recording is silent from start to end", "Listen to it"),
    (f"{ADD} --recording BAD/silent", 3, "all 2 recordings are silent", "Listen to it"),
    (f"{ADD} --recording BAD/good.wav --recording BAD/prose.wav", 3, "recording 2 of 2: .*not a sound", "meeting tool"),
    (f"{ADD} --transcript BAD/absent.vtt", 3, "the transcript: there is no such file", PATH_HINT),
    (f"{ADD} --transcript BAD/folder", 3, "the transcript: there is no such file", PATH_HINT),
    (f"{ADD} --transcript BAD/empty.vtt", 3, "the transcript: .*empty", ""),
    (f"{ADD} --transcript BAD/no_cues.vtt", 3, "the transcript: .*no cues", ""),
    (f"{ADD} --transcript BAD/broken.vtt", 3, "the transcript: .*line 3", ""),
    (f"{ADD} --transcript BAD/prose.txt", 3, "the transcript: .*not a transcript of a known kind", ""),
    (f"{ADD} --transcript BAD/binary.vtt", 3, "the transcript: ", ""),
    (f"{ADD} --recording BAD/good.wav --transcript BAD/broken.vtt", 3, "the transcript: .*line 3", ""),
    (f"{ADD} --transcript BAD/good.vtt --speakers BAD/absent.csv", 3, "the speakers map: there is no such", PATH_HINT),
    (f"{ADD} --transcript BAD/good.vtt --speakers BAD/map_columns.csv", 3, "map: line 1: column participant", "needed"),
    (f"{ADD} --transcript BAD/good.vtt --speakers BAD/map_unknown.csv", 3, "the speakers map is not right", "correct"),
    (f"{ADD} --transcript BAD/good.vtt --standing P77=host", 2, "--standing names a participant who", "P07=host"),
    (f"{ADD} --transcript BAD/good.vtt --standing P01=NAME", 2, "--standing is none of the known", "host, team"),
    (f"{ADD} --transcript BAD/good.vtt --rule NAME", 2, "--rule is none of the known ones", "chatham_house"),
    (f"{ADD} --transcript BAD/good.vtt --language English", 2, "--language is no language code", "en or fr"),
    ("session add S1 --start 2026-03-04 --transcript BAD/good.vtt", 2, "session S1 is already there", "another id"),
    ("session add ../S2 --start 2026-03-04 --transcript BAD/good.vtt", 2, "the session id has a form", "letters"),
    (
        "session add Maribel-Quist --start 2026-03-04 --transcript BAD/good.vtt",
        2,
        "holds a participant's name",
        "nobody",
    ),
    *(
        (f"session add S2 --start {start} --transcript BAD/good.vtt", 2, wrong, "Write 2026-03-04T09:00-08:00")
        for start, wrong in {
            "NAME": "--start",
            "04/03/2026": "--start is neither a time with its zone nor a date",
            "2026-02-30": "--start is neither a time with its zone nor a date",
            "2026-03-04T09:00": "--start has no time zone",
            "2026-03-04T09:00_Mars/Olympus": "--start does not name one time zone",
            "2026-03-04T09:00Z_Pacific/Auckland": "--start does not name one time zone",
            "2026-03-29T02:30_Europe/Paris_x": "--start does not name one time zone",
        }.items()
    ),
    # ------------------------------------------------------------ roster show, session show, session originals
    ("roster show P77 --reason looking", 2, "1 of those are not in the roster", ASK_ROSTER),
    ("roster show NAME --reason looking", 2, "1 of those are not in the roster", ASK_ROSTER),
    ("roster show P01 --reason no", 2, "--reason is no reason of 3 to 200 characters", "consent register"),
    ("session show S9 --reason looking", 2, "no session of that id", "nothing was opened"),
    ("session show NAME --reason looking", 2, "no session of that id", "nothing was opened"),
    ("session show S1 --reason looking", 2, "nobody knows yet who speaks in that session", "chatham run"),
    ("session show S1 --reason no", 2, "--reason is no reason of 3 to 200 characters", "consent register"),
    ("session show S1 --reason looking --out BAD/x.doc", 2, "--out has an ending", ".vtt, .txt or .json"),
    ("session show S1 --reason looking --out BAD/prose.txt", 2, "--out is already there", "nothing was opened"),
    ("session show S1 --reason looking --out BAD/absent/x.txt", 3, "the folder of --out is not there", "Make it"),
    ("session show S1 --reason looking --recordings BAD/silent", 2, "already there and is not empty", "new folder"),
    ("session originals S9 --deleted all", 2, "no session of that id", "nothing was recorded"),
    ("session originals S1 --deleted 2", 2, "--deleted is no number from 0 to 1", "or all"),
    ("session originals S1 --cloud NAME", 2, "--cloud is neither none nor deleted", "gone from there"),
    ("session originals --cloud none", 2, "it is not said which session's originals", "Write its id"),
    # ------------------------------------------------------------ passage mark
    (f"{MARK} S9 --from 0:01 --to 0:02 --as not_mine", 2, "no session of that id", "nothing was recorded"),
    (f"{MARK} NAME --from 0:01 --to 0:02 --as not_mine", 2, "no session of that id", "nothing was recorded"),
    (f"{MARK} S1 --from NAME --to 0:02 --as not_mine", 2, "--from is no time", "minutes:seconds"),
    (f"{MARK} S1 --from 0:01 --to 0:99 --as not_mine", 2, "--to is no time", "minutes:seconds"),
    (f"{MARK} S1 --from 0:02 --to 0:02 --as not_mine", 2, "--to is not after --from", "start and end"),
    (f"{MARK} S1 --from 0:01 --to 0:02 --as NAME", 2, "--as is none of the known marks", "off_the_record"),
    (f"{MARK} S1 --from 0:01 --to 0:02 --as reports", 2, "--as reports needs participants", "reports:P07"),
    (f"{MARK} S1 --from 0:01 --to 0:02 --as joint:P01,P77", 2, r"names 1 participant\(s\) who are not", "joint:P01"),
    (f"{MARK} S1 --from 0:01 --to 0:02 --as community:", 2, "needs the community's name", "community:NAME"),
    # ------------------------------------------------------------ run
    ("run S9", 2, "this study has no session", "Add it first"),
    ("run NAME", 2, "this study has no session", "Add it first"),
    # ------------------------------------------------------------ release, output
    ("release paper-1 --purpose selling", 2, "--purpose is none of the known ones", "analyse, quote_research"),
    ("release paper.2 --purpose analyse", 2, "name cannot be used", "letters, digits"),
    ("release NAME --purpose analyse", 2, "name (cannot be used|holds a participant's name)", "Give"),
    ("release paper-1 --purpose analyse", 2, "1 of 1 sessions have not been run", "chatham run"),
    ("release sent paper-1 --to NAME", 2, "no data set of that name", "release list"),
    ("release sent paper-1 --to x --contact ~", 2, "no data set of that name", "release list"),
    ("release recall NAME", 2, "no data set of that name", "release list"),
    ("release answer 0a1b2c3d --answer maybe", 2, "--answer is none of the known ones", "destroyed, refused"),
    ("release bridges --purpose NAME", 2, "--purpose is none of the known ones", "analyse, quote_research"),
    ("release hide-bridge NAME --reason x --purpose NAME", 2, "--purpose is none of the known ones", "analyse"),
    ("release hide-bridge NAME --reason x", 2, "not been run", "chatham run"),
    ("release answer NAME --answer destroyed", 2, "no copy of a data set has that id", "release list"),
    ("output add --title NAME --medium song", 2, "--medium is none of the known ones", "paper, post"),
    ("output add --title NAME --medium talk --participant P77", 2, "names 1 participant", "nothing was recorded"),
    ("output add --title NAME --medium talk --release none", 2, "names 1 unknown data set", "nothing was recorded"),
    ("output add --title NAME --medium talk --published 2999-01-01", 2, "no day that has been", "2026-03-04"),
    ("output add --title NAME --medium talk --published today", 2, "no day that has been", "2026-03-04"),
    ("output done 0a1b2c3d --result gone", 2, "--result is none of the known ones", "removed, edited, cannot"),
    ("output done NAME --result removed", 2, "no output has that id", "output list"),
]
ALONE: list[tuple[str, int, str, str]] = [
    # ------------------------------------------------------------ init, demo
    ("init BAD --title T --board-approval H1", 2, "already there and is not empty", "a new folder's name"),
    ("init BAD/good.vtt --title T --board-approval H1", 2, "already there and is not empty", "a new folder's name"),
    ("init BAD/good.vtt/x --title T --board-approval H1", 2, "a part of that path is a file", "another path"),
    ("init NEW --title T --board-approval H1 --user NAME", 3, "a user name has", "short name"),
    ("init NEW --title T --board-approval H1 --language English", 2, "--language is no language code", "en or fr"),
    ("demo BAD", 2, "already there and is not empty", "a new folder's name"),
    # ------------------------------------------------------------ transcribe
    ("transcribe BAD/absent.wav --out NEW.vtt", 3, "the recording: there is no such file", PATH_HINT),
    ("transcribe BAD/folder --out NEW.vtt", 3, "the recording: there is no such file", PATH_HINT),
    ("transcribe BAD/good.wav --out NEW.doc", 2, "--out has an ending", "vtt, srt, json, txt"),
    ("transcribe BAD/good.wav --out NEW/out.vtt", 3, "the folder of the output is not there", "Make it first"),
    ("transcribe BAD/good.wav --out NEW.vtt --language English", 2, "--language is no language code", "en or fr"),
    ("transcribe BAD/good.wav --out NEW.vtt --backend bogus", 2, "no recogniser", "faster-whisper"),
    ("transcribe BAD/good.wav --out NEW.vtt --model absent-model", 7, "speech model .* is not on this machine", ""),
    (
        "transcribe BAD/good.wav --out NEW.vtt --roster BAD/absent.csv",
        3,
        "the roster: there is no such file",
        PATH_HINT,
    ),
    ("transcribe BAD/good.wav --out NEW.vtt --roster BAD/bad_people.csv", 3, "the roster: ", "import the whole file"),
    ("transcribe BAD/empty.wav --out NEW.vtt", 3, "recording", ""),
    ("transcribe BAD/prose.wav --out NEW.vtt", 3, "not a sound or video file", "meeting tool"),
    ("transcribe BAD/binary.wav --out NEW.vtt", 3, "not a sound or video file", "meeting tool"),
    ("transcribe BAD/no_frames.wav --out NEW.vtt", 3, "no sound|no speech|not a sound", ""),
    # ------------------------------------------------------------ deidentify
    ("deidentify BAD/absent.jsonl NEW.jsonl", 3, "the input: there is no such file", PATH_HINT),
    ("deidentify BAD/folder NEW.jsonl", 3, "the input: there is no such file", PATH_HINT),
    ("deidentify BAD/good.jsonl NEW/out.jsonl", 3, "the folder of the output is not there", "Make it first"),
    ("deidentify BAD/good.jsonl BAD/good.jsonl", 2, "the output is the input", "another file"),
    ("deidentify BAD/good.jsonl NEW.jsonl --language English", 2, "--language is no language code", "en or fr"),
    ("deidentify BAD/good.jsonl NEW.jsonl --roster BAD/absent.csv", 3, "the roster: there is no such file", PATH_HINT),
    ("deidentify BAD/good.jsonl NEW.jsonl --roster BAD/no_name_column.csv", 3, "the roster: line 1", "needed"),
    ("deidentify BAD/not_json.jsonl NEW.jsonl", 3, "line 2 is no JSON", "nothing was written"),
    ("deidentify BAD/no_text.jsonl NEW.jsonl", 3, "line 1 has no id or no text", "nothing was written"),
    ("deidentify BAD/binary.jsonl NEW.jsonl", 3, "the input is no text in UTF-8", "Save it as UTF-8"),
]


def words(line: str, bad: Path, new: Path) -> list[str]:
    """The arguments of a line of the table; ``_`` in a start stands for the blank before a zone's name."""
    found = [word.replace("BAD", str(bad)).replace("NEW", str(new)).replace("NAME", SECRET) for word in line.split()]
    return [word.replace("_", " ") if re.match(r"\d{4}-\d\d-\d\dT[^_]*_", word) else word for word in found]


@pytest.mark.parametrize(("line", "code", "wrong", "todo"), TABLE, ids=[row[0] for row in TABLE])
def test_bad_input_to_a_study_is_told_in_two_lines_and_nothing_is_recorded(
    line: str, code: int, wrong: str, todo: str, standing: Path, bad: Path, tmp_path: Path, chatham: Chatham
) -> None:
    before = contents(standing)
    said = chatham(*words(line, bad, tmp_path / "new"), study=standing)
    check(quieted(said), code, wrong, todo)
    assert contents(standing) == before


@pytest.mark.parametrize(("line", "code", "wrong", "todo"), ALONE, ids=[row[0] for row in ALONE])
def test_bad_input_to_a_command_without_a_study_is_told_in_two_lines_and_nothing_is_left(
    line: str,
    code: int,
    wrong: str,
    todo: str,
    bad: Path,
    tmp_path: Path,
    chatham: Chatham,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deidentification.api.load_recognisers", no_recognisers)
    monkeypatch.setattr("deidentification.api.deidentify_lines", lambda lines, *_: iter(lines))
    before = contents(bad)
    check(quieted(chatham(*words(line, bad, tmp_path / "new"))), code, wrong, todo)
    assert list(tmp_path.iterdir()) == []
    assert contents(bad) == before


def no_recognisers(*_: object) -> None:
    return None


def quieted(said: Said) -> Said:
    """Without the lines of progress, which stand on standard error too and begin with a small letter."""
    steps = ("taking in recording", "finding names", "listening to", "recording ")
    lines = [line for line in said.err.splitlines() if not line.startswith(steps)]
    return Said(said.code, said.out, "\n".join(lines))


def test_every_bad_row_of_a_roster_is_listed_by_line_and_column(standing: Path, bad: Path, chatham: Chatham) -> None:
    said = chatham("roster", "import", bad / "bad_people.csv", study=standing)
    assert re.findall(r"^line \d+, column \w+", said.err, re.MULTILINE) == [
        "line 2, column participant",
        "line 3, column full_name",
        "line 4, column standing",
        "line 5, column email",
        "line 6, column from",
        "line 7, column from",
        "line 8, column participant",
    ]


def test_every_bad_row_of_a_consent_sheet_is_listed_by_line_and_column(
    standing: Path, bad: Path, chatham: Chatham
) -> None:
    said = chatham("consent", "import", bad / "sheet_bad.csv", study=standing)
    assert re.findall(r"^line \d+, column \w+", said.err, re.MULTILINE) == [
        "line 2, column participant",
        "line 3, column participant",
        "line 4, column at",
        "line 5, column at",
        "line 6, column at",
        "line 7, column event",
        "line 8, column level",
        "line 9, column reach",
        "line 10, column quote_practice",
        "line 11, column form",
    ]


# ---------------------------------------------------------------- opening a study

GOOD = {
    "doctor": "doctor",
    "evaluate": "evaluate",
    "roster import": "roster import BAD/header.csv",
    "form add": "form add BAD/form_other.md --version v9 --approval H1",
    "consent import": "consent import BAD/sheet_header.csv",
    "consent record": "consent record P01 --level unnamed",
    "consent show": "consent show P01",
    "consent history": "consent history P01",
    "consent withdraw": "consent withdraw P01 --data stop",
    "consent undo": "consent undo P01",
    "consent confirm": "consent confirm P01",
    "consent certificate": "consent certificate P01",
    "retention": "retention",
    "session add": "session add S2 --start 2026-03-04 --transcript BAD/good.vtt",
    "roster show": "roster show P01 --reason looking",
    "session show": "session show S1 --reason looking",
    "session originals": "session originals S1 --deleted all",
    "passage mark": "passage mark S1 --from 0:01 --to 0:02 --as not_mine",
    "run": "run",
    "user add": "user add sam --role intake",
    "user list": "user list",
    "user remove": "user remove ra",
    "form list": "form list",
    "consent export": "consent export P01",
    "incident add": "incident add --what lost --at 2026-03-05T09:00+13:00",
    "incident list": "incident list",
    "release make": "release paper-1 --purpose analyse",
    "release sent": "release sent paper-1 --to partner",
    "release recall": "release recall paper-1 --out NEW",
    "release answer": "release answer 0a1b2c3d --answer refused",
    "release bridges": "release bridges",
    "release accept-bridge": "release accept-bridge 0a1b2c3d4e5f --reason idiom",
    "release hide-bridge": "release hide-bridge 0a1b2c3d4e5f --reason leads",
    "release list": "release list",
    "release diff": "release diff paper-1 paper-2",
    "coding import": "coding import BAD/header.csv",
    "coding export": "coding export NEW.qdpx",
    "coding remove": "coding remove BAD/header.csv",
    "coding list": "coding list",
    "coding agreement": "coding agreement",
    "output add": "output add --title Ferries --medium paper",
    "output list": "output list",
    "output done": "output done 0a1b2c3d --result cannot",
    "audit": "audit --out NEW",
    "backup": "backup --list",
    "ledger checkpoint": "ledger checkpoint",
    "ledger prove": "ledger prove 0",
    "ledger receipt": "ledger receipt P01 --out NEW",
    "ledger cosign": "ledger cosign --out NEW",
    "ledger witness": "ledger witness http://127.0.0.1:9/",
    "keys recovery": "keys recovery --out NEW.pdf",
    "keys remember": "keys remember",
    "keys forget": "keys forget",
    "ledger anchor": "ledger anchor BAD/good.vtt",
    "ledger continue": "ledger continue --against BAD/good.vtt",
}
READING_A_FILE_FIRST = {"roster import", "consent import", "ledger anchor", "ledger continue"}
OPENING = sorted(set(OF_A_STUDY) - {"doctor", "ledger verify", "restore"})
"""``ledger verify`` opens no study: it needs nobody's passphrase; and for ``restore`` there is none yet."""


@pytest.mark.parametrize("command", OPENING)
@pytest.mark.parametrize(
    ("how", "code", "wrong", "todo"),
    [
        ("no study there", 2, "this folder is no Chatham study", "--study DIR or CHATHAM_STUDY"),
        ("wrong passphrase", 4, "the passphrase is wrong", "Try again"),
        ("no passphrase", 4, "no passphrase was given", "CHATHAM_PASSPHRASE_FILE"),
        ("unknown user", 4, "there is no such user", "Check the name"),
        ("nobody named", 2, "this study has 4 users", "--user NAME or CHATHAM_USER"),
        ("passphrase for all to read", 4, "passphrase file may be read by others", "chmod 600"),
        ("passphrase file absent", 4, "passphrase file cannot be read", "CHATHAM_PASSPHRASE_FILE"),
    ],
)
def test_a_study_that_cannot_be_opened_is_told_in_two_lines(
    command: str,
    how: str,
    code: int,
    wrong: str,
    todo: str,
    standing: Path,
    bad: Path,
    tmp_path: Path,
    chatham: Chatham,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = contents(standing)
    line = words(GOOD[command], bad, tmp_path / "new")
    user, passphrase = "pi", PASSPHRASE
    if how == "unknown user":
        user = "nobody"
    elif how == "nobody named":
        user = ""
    elif how == "wrong passphrase":
        passphrase = "another"
    elif how.startswith("passphrase"):
        file = tmp_path / "passphrase"
        if how.endswith("read"):
            file.write_text(PASSPHRASE)
            file.chmod(0o644)
        monkeypatch.setenv("CHATHAM_PASSPHRASE_FILE", str(file))
    folder = tmp_path if how == "no study there" else standing
    monkeypatch.delenv("CHATHAM_PASSPHRASE", raising=False)
    said = chatham(*line, study=folder, user=user, passphrase=None if how == "no passphrase" else passphrase)
    check(said, code, wrong, todo)
    assert contents(standing) == before


@pytest.mark.parametrize("command", OPENING)
def test_settings_that_cannot_be_read_are_told_before_a_passphrase_is_asked_for(
    command: str, study: Study, bad: Path, tmp_path: Path, chatham: Chatham
) -> None:
    (study.folder / "chatham.toml").write_text("title = \n")
    said = chatham(*words(GOOD[command], bad, tmp_path / "new"), study=study.folder, passphrase=None)
    check(said, 3, r"chatham\.toml cannot be read: .*line 1", "Mend that line")


@pytest.mark.parametrize(
    "command",
    [name for name in OPENING if name not in READING_A_FILE_FIRST | {"user list", "keys remember", "keys forget"}],
)
def test_a_damaged_consent_register_stops_every_command_with_6_and_nothing_is_recorded(
    command: str, study: Study, bad: Path, tmp_path: Path, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATHAM_NEW_PASSPHRASE", "seven loud brown hens")
    damage(study)
    before = contents(study.folder)
    check(
        chatham(*words(GOOD[command], bad, tmp_path / "new"), study=study.folder),
        6,
        r"line 2 of journal\.jsonl",
        "backup|checkpoint|ledger",
    )
    assert contents(study.folder) == before


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("roster import", f"{HEAD}\nP09,Nobody Here\n"),
        ("consent import", f"{SHEET}\nP01,{AT},change,unnamed\n"),
    ],
)
def test_a_damaged_consent_register_stops_the_import_of_a_good_sheet_too(
    command: str, text: str, study: Study, tmp_path: Path, chatham: Chatham
) -> None:
    damage(study)
    (tmp_path / "good.csv").write_text(text)
    before = contents(study.folder)
    said = chatham(*command.split(), tmp_path / "good.csv", study=study.folder)
    check(said, 6, r"line 2 of journal\.jsonl", "backup|checkpoint|ledger")
    assert contents(study.folder) == before


def damage(study: Study) -> None:
    """Change one letter inside the register's second line."""
    journal = study.folder / "consent" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    digit = next(place for place in range(200, 400) if lines[1][place : place + 1].isdigit())
    lines[1] = lines[1][:digit] + str(9 - int(lines[1][digit : digit + 1])).encode() + lines[1][digit + 1 :]
    journal.write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    ("user", "line", "wrong", "todo"),
    [
        ("desk", "consent show P01", "may record choices and not read them", "Ask an assistant"),
        ("desk", "consent history P01", "may record choices and not read them", "Ask an assistant"),
        (
            "desk",
            "form add BAD/form_other.md --version v2 --approval H1",
            "may record choices and not",
            "Ask an assistant",
        ),
        ("desk", "run", "your role may not open sessions or names", "assistant or investigator"),
        ("board", "run", "your role may not open sessions or names", "assistant or investigator"),
        ("desk", "roster import BAD/good_people.csv", r"\(intake\) may not import the roster", "investigator"),
        ("ra", "roster import BAD/good_people.csv", r"\(assistant\) may not import the roster", "investigator"),
    ],
)
def test_a_user_whose_role_may_not_do_it_is_told_whom_to_ask(
    user: str, line: str, wrong: str, todo: str, standing: Path, bad: Path, tmp_path: Path, chatham: Chatham
) -> None:
    (bad / "good_people.csv").write_text(f"{HEAD}\nP09,Nobody Here\n")
    before = contents(standing)
    check(chatham(*words(line, bad, tmp_path / "new"), study=standing, user=user), 4, wrong, todo)
    assert contents(standing) == before


def test_a_second_build_is_refused_while_one_runs(study: Study, chatham: Chatham) -> None:
    with study.building():
        check(chatham("run", study=study.folder), 8, "another build of this study is running", "Wait until it ends")


def test_recording_a_choice_never_waits_for_a_build(study: Study, chatham: Chatham) -> None:
    with study.building():
        assert chatham("consent", "withdraw", "P01", "--data", "stop", study=study.folder).code == 0


def test_a_track_of_somebody_who_said_no_to_being_recorded_is_refused_with_5(
    study: Study, tmp_path: Path, chatham: Chatham
) -> None:
    assert chatham("consent", "record", "P01", "--permission", "record_audio=no", study=study.folder).code == 0
    folder = tmp_path / "tracks"
    folder.mkdir()
    for name in ("audioMaribelQuist1.wav", "audioTobiasRenwick2.wav"):
        sound(folder / name, seconds=1, level=9_000)
    before = contents(study.folder)
    said = chatham("session", "add", "S2", "--start", "2026-03-11", "--recording", folder, study=study.folder)
    check(said, 5, "recording 1 of 2 is the voice of P01, who does not allow being recorded", "Take that file out")
    assert contents(study.folder) == before


# ---------------------------------------------------------------- interrupted, and no room on the disk


def test_an_interrupted_session_add_leaves_no_session_and_can_be_done_again(
    study: Study, bad: Path, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ["session", "add", "S2", "--start", "2026-03-11", "--recording", bad / "good.wav"]
    before = contents(study.folder)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("transcription.audio._check_length", interrupted)
        said = quieted(chatham(*line, study=study.folder))
        assert (said.code, len(said.err.splitlines())) == (130, 2)
    assert contents(study.folder) == before
    assert chatham(*line, study=study.folder).code == 0


@contextmanager
def small_disk(source: Path, room_kib: int) -> Iterator[Callable[..., Said]]:
    """A study on a small disk of its own, in a namespace of its own; gives how to call ``chatham`` there."""
    unshare = shutil.which("unshare")
    probe = [unshare or "unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    if unshare is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: a full disk needs a small file system of its own (unshare -rm); not allowed here")
    used = sum(len(data) + 4096 for data in contents(source).values()) // 1024 + 400

    def call(line: str) -> Said:
        # The disk is filled to the last byte but for the room, then emptied, and the study compared with what it was.
        script = f"""
            mount -t tmpfs -o size={used + room_kib}k none /mnt && cp -r '{source}' /mnt/study || exit 99
            sums() {{ cd /mnt/study && find . -type f ! -name '*.lock' -exec sha256sum {{}} + | sort; cd /; }}
            before=$(sums)
            dd if=/dev/zero of=/mnt/filler bs=1024 count=999999 2>/dev/null
            truncate -s -{room_kib * 1024} /mnt/filler
            {sys.executable} -m flows.cli.main {line}; code=$?
            rm /mnt/filler
            diff <(echo "$before") <(sums) >&2
            exit $code
        """
        root = Path(__file__).resolve().parents[2]
        environment = {**os.environ, "CHATHAM_STUDY": "/mnt/study", "CHATHAM_USER": "pi", "PYTHONPATH": str(root)}
        environment["CHATHAM_PASSPHRASE"] = PASSPHRASE
        done = subprocess.run(
            [str(unshare), "-rm", "bash", "-c", script],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            cwd="/",
        )
        return Said(done.returncode, done.stdout, done.stderr)

    yield call


@pytest.mark.parametrize(
    "line",
    [
        "consent record P01 --level unnamed",
        "consent withdraw P01 --data stop",
        "passage mark S1 --from 0:01 --to 0:02 --as not_mine",
        "form add 'BAD/form_other.md' --version v9 --approval H1",
        "session add S2 --start 2026-03-11 --recording 'BAD/good.wav'",
        "session add S2 --start 2026-03-11 --transcript 'BAD/good.vtt'",
        "roster import 'BAD/new_people.csv'",
        "consent import 'BAD/good_sheet.csv'",
        "run",
    ],
)
def test_a_full_disk_is_told_with_9_and_nothing_is_half_recorded(line: str, template: Path, bad: Path) -> None:
    (bad / "new_people.csv").write_text(f"{HEAD}\nP09,Nobody Here\n")
    (bad / "good_sheet.csv").write_text(f"{SHEET}\nP01,{AT},change,unnamed\n")
    with small_disk(template, 0) as call:
        check(quieted(call(line.replace("BAD", str(bad)))), 9, "disk is full", "Make room")


@pytest.mark.parametrize(
    ("line", "room_kib"),
    [
        ("form add 'BAD/form_other.md' --version v9 --approval H1", 4),
        ("form add 'BAD/form_other.md' --version v9 --approval H1", 8),
        ("session add S2 --start 2026-03-11 --recording 'BAD/good.wav'", 16),
        ("session add S2 --start 2026-03-11 --recording 'BAD/good.wav'", 48),
    ],
)
def test_a_disk_that_fills_up_half_way_takes_back_what_was_begun(
    line: str, room_kib: int, template: Path, bad: Path
) -> None:
    with small_disk(template, room_kib) as call:
        check(quieted(call(line.replace("BAD", str(bad)))), 9, "disk is full", "Make room")


@pytest.mark.parametrize("command", ["transcribe", "deidentify"])
def test_a_disk_that_fills_up_leaves_no_half_output(
    command: str, bad: Path, tmp_path: Path, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("flows.standalone.os.fsync", full)
    monkeypatch.setattr("deidentification.api.load_recognisers", no_recognisers)
    monkeypatch.setattr("deidentification.api.deidentify_lines", lambda lines, *_: iter(lines))
    monkeypatch.setattr(
        "transcription.whisper.recogniser", lambda *_, **__: pytest.importorskip("tests.flows.listening").Says()
    )
    line = {
        "transcribe": ["transcribe", bad / "good.wav", "--out", tmp_path / "out.vtt"],
        "deidentify": ["deidentify", bad / "good.jsonl", tmp_path / "out.jsonl"],
    }[command]
    check(quieted(chatham(*line)), 9, "the disk is full", "Make room")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
@pytest.mark.parametrize(
    "line", ["roster import FILE", "consent import FILE", "form add FILE --version v9 --approval H1"]
)
def test_a_file_that_may_not_be_read_is_told(line: str, standing: Path, tmp_path: Path, chatham: Chatham) -> None:
    (tmp_path / "locked").write_text("x")
    (tmp_path / "locked").chmod(0)
    said = chatham(*line.replace("FILE", str(tmp_path / "locked")).split(), study=standing)
    check(said, 3, "may not be read by you", "Change its permissions")


@pytest.mark.parametrize(
    "line",
    [
        "bogus",
        "run --bogus",
        "session add S2",
        "form add x.md",
        "consent withdraw P01",
        "passage mark S1",
        "init x",
        "transcribe x.wav",
        "deidentify x.jsonl",
        "ledger verify",
        "release one",
    ],
)
def test_a_command_that_is_typed_wrong_or_not_there_exits_with_2(line: str, chatham: Chatham) -> None:
    said = chatham(*line.split())
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err
