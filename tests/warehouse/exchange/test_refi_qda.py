"""REFI-QDA out: valid, the same bytes each time, read by others; and in: whatever other programs do differently."""

import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree
from pyrefiqda import RefiProject

from schemas.coding import Code, Codebook, CodedProject, Imported
from schemas.errors import BadInput
from tests.warehouse.exchange.projects import BOOK, CODER, FEAR, OTHER, data, example, made
from warehouse.exchange.archive import Archive
from warehouse.exchange.layout import project_of
from warehouse.exchange.refi_qda import read_codebook, read_project, write_codebook, write_project

NAMESPACE = "{urn:QDA-XML:project:1.0}"
TEXT, CODE, CODE_2, SELECTION, GIVEN, USER, CASE, VARIABLE, NOTE = (
    f"{n:08x}-aaaa-4bbb-8ccc-0123456789ab" for n in range(0xA0, 0xA9)
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> CodedProject:
    return project_of(example(tmp_path_factory.mktemp("data")))


def written(project: CodedProject, folder: Path) -> Path:
    path = folder / "project.qdpx"
    write_project(project, path)
    return path


def qde(path: Path) -> etree._Element:
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read("project.qde"))


# What we write.


def schema(shared: Path, name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared / "schemas" / "refi-qda" / name))


def test_a_project_is_valid(project, shared, tmp_path):
    schema(shared, "Project.xsd").assertValid(qde(written(project, tmp_path)))


def test_a_project_with_nothing_in_it_is_valid(shared, tmp_path):
    empty = CodedProject(title="Nothing")
    path = written(empty, tmp_path)
    schema(shared, "Project.xsd").assertValid(qde(path))
    assert read_project(path) == Imported(project=empty)


def test_a_codebook_is_valid_and_comes_back(shared, tmp_path):
    path = tmp_path / "codes.qdc"
    write_codebook(BOOK, path)
    schema(shared, "Codebook.xsd").assertValid(etree.parse(path))
    found, left = read_codebook(path)
    assert left == {}
    assert {code.code: (code.parent, code.description, code.colour, code.codable) for code in found.codes} == {
        code.code: (code.parent, code.description, code.colour, code.codable) for code in BOOK.codes
    }
    assert sorted(code.name for code in found.codes) == [
        'Fear & "hope" <1>', "Ferries", "Timetables", "Timetables (2)"
    ]  # fmt: skip


def test_the_same_project_gives_the_same_bytes(project, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert written(project, tmp_path / "a").read_bytes() == written(project, tmp_path / "b").read_bytes()


def test_texts_are_files_beside_the_project_with_lf_and_no_bom(project, tmp_path):
    with zipfile.ZipFile(written(project, tmp_path)) as archive:
        names = archive.namelist()
        assert names[0] == "project.qde"
        for text in project.texts:
            data = archive.read(f"sources/{text.guid}.txt")
            assert data == text.text.encode() and b"\r" not in data and not data.startswith(b"\xef\xbb\xbf")
    assert all(name.startswith("sources/") for name in names[1:])


def test_every_selection_has_one_coding_and_says_who_and_when_at_both(project, tmp_path):
    root = qde(written(project, tmp_path))
    selections = root.findall(f".//{NAMESPACE}PlainTextSelection")
    assert len(selections) == len(project.codings) + sum(len(case.stretches) for case in project.cases)
    for selection in selections:
        [coding] = selection.findall(f"{NAMESPACE}Coding")
        assert coding.get("creatingUser") == selection.get("creatingUser")
        assert coding.get("creationDateTime") == selection.get("creationDateTime")
    users = {user.get("guid") for user in root.iter(f"{NAMESPACE}User")}
    assert {one.get("creatingUser") for one in selections} - {None} == users == {CODER, OTHER}


def test_every_case_has_a_code_of_its_guid_and_no_two_codes_have_one_name(project, tmp_path):
    root = qde(written(project, tmp_path))
    codes = {code.get("guid"): code.get("name") for code in root.iter(f"{NAMESPACE}Code")}
    assert {case.guid for case in project.cases} <= set(codes)
    assert len(set(codes.values())) == len(codes)
    notes = [note.get("name") for note in root.iter(f"{NAMESPACE}Note")]
    assert all(notes) and len(set(notes)) == len(notes)


def test_what_xml_cannot_hold_is_replaced_and_said_so(tmp_path):
    code = Code(code=FEAR, name="a\x00b\ud800".encode("utf-8", "replace").decode(), description="c\x0bd")
    path = written(CodedProject(title="x\x01", codebook=Codebook(codes=(code,))), tmp_path)
    [found] = read_project(path).project.codebook.codes
    assert (found.name, found.description) == ("a�b?", "c�d")


def test_another_reader_finds_the_same_words(project, tmp_path):
    path = written(project, tmp_path)
    assert by_another_reader(path, tmp_path / "out") == by_ours(project)


@given(data())
def test_whatever_is_coded_comes_back_and_another_reader_finds_the_same_words(given_data):
    with tempfile.TemporaryDirectory() as folder:
        project = project_of(made(Path(folder), *given_data))
        path = written(project, Path(folder))
        back = read_project(path)
        assert back.left == {}
        assert back.project.texts == project.texts
        assert sorted(map(key, back.project.codings)) == sorted(map(key, project.codings))
        assert [(case.name, set(case.stretches)) for case in back.project.cases] == [
            (case.name, set(case.stretches)) for case in project.cases
        ]
        assert by_another_reader(path, Path(folder) / "out") == by_ours(project)


def key(one):
    return one.guid, one.code, one.coder, one.stretch.text, one.stretch.start, one.stretch.end, one.at


def by_ours(project: CodedProject) -> list[tuple[str, str, str]]:
    texts = {text.guid: text for text in project.texts}
    listed = [(one.stretch, one.code) for one in project.codings]
    listed += [(stretch, case.guid) for case in project.cases for stretch in case.stretches]
    return sorted((texts[on.text].name, texts[on.text].text[on.start : on.end], code) for on, code in listed)


def by_another_reader(path: Path, folder: Path) -> list[tuple[str, str, str]]:
    found = RefiProject.load(path, folder)
    words = []
    for source in found.sources.text_source if found.sources else ():
        text = RefiProject.resolve_source_path(source.plain_text_path, folder).read_bytes().decode()
        for one in source.plain_text_selection:
            shown = text[one.start_position : one.end_position]
            words += [(source.name, shown, coding.code_ref.target_guid) for coding in one.coding]
    return sorted(words)


def test_a_project_comes_back_as_it_went(project, tmp_path):
    back = read_project(written(project, tmp_path))
    assert back.left == {}
    assert back.project.texts == project.texts
    assert back.project.cases == project.cases
    assert back.project.codebook.coders == project.codebook.coders
    assert {
        memo.memo: (memo.text, memo.about, memo.on, memo.coder, memo.at) for memo in back.project.codebook.memos
    } == {memo.memo: (memo.text, memo.about, memo.on, memo.coder, memo.at) for memo in project.codebook.memos}


# What others write.


def foreign(folder: Path, body: str, texts: dict[str, bytes] | None = None, head: str = "", **names: str) -> Path:
    """A project file as another program might write it."""
    path = folder / "foreign.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        document = f'<Project xmlns="urn:QDA-XML:project:1.0" name="P" {names.get("origin", "")}>{body}</Project>'
        archive.writestr(names.get("file", "project.qde"), f'<?xml version="1.0"?>{head}{document}')
        for name, text in (texts or {}).items():
            archive.writestr(f"{names.get('sources', 'sources')}/{name}", text)
    return path


def coded(*places: tuple[int, int], codings: str = "") -> str:
    one = codings or f'<Coding guid="{GIVEN}" creatingUser="{USER}"><CodeRef targetGUID="{CODE}"/></Coding>'
    selections = "".join(
        f'<PlainTextSelection guid="{number:08x}{SELECTION[8:]}" startPosition="{start}" endPosition="{end}">{one}'
        "</PlainTextSelection>"
        for number, (start, end) in enumerate(places)
    )
    return (
        f'<Users><User guid="{USER}" name="Kim"/></Users>'
        f'<CodeBook><Codes><Code guid="{CODE}" name="A" isCodable="true"/></Codes></CodeBook>'
        f'<Sources><TextSource guid="{TEXT}" name="S1" plainTextPath="internal://T.txt">{selections}</TextSource></Sources>'
    )


def words(path: Path) -> list[str]:
    found = read_project(path).project
    texts = {text.guid: text.text for text in found.texts}
    return [texts[one.stretch.text][one.stretch.start : one.stretch.end] for one in found.codings]


CRLF = b"One line.\r\nTwo lines here.\r\nThree words there."


@pytest.mark.parametrize(
    ("raw", "origin", "places", "wanted"),
    [
        (CRLF, "", [(11, 14)], ["Two"]),
        (CRLF, "NVivo", [(11, 14), (28, 33)], ["Two", "Three"]),
        (CRLF, "ATLAS.ti 9", [(10, 13), (26, 31)], ["Two", "Three"]),
        (CRLF.replace(b"\r\n", b"\n"), "NVivo", [(10, 13), (26, 31)], ["Two", "Three"]),
        (CRLF.replace(b"\r\n", b"\r"), "", [(10, 13), (26, 31)], ["Two", "Three"]),
        (b"\xef\xbb\xbfOne two", "", [(0, 3), (4, 7)], ["One", "two"]),
        ("\ufeffOne été".encode("utf-16-le"), "", [(0, 3), (4, 7)], ["One", "été"]),
        ("😀 One two 😀 three".encode(), "", [(2, 5), (12, 17)], ["One", "three"]),
        ("😀 One two 😀 three".encode(), "", [(3, 6), (14, 19)], ["One", "three"]),
    ],
    ids=["crlf in part", "crlf as two", "crlf as one", "lf", "cr", "bom", "utf-16 file", "codepoints", "utf-16 units"],
)
def test_places_are_those_that_the_program_meant(tmp_path, raw, origin, places, wanted):
    path = foreign(tmp_path, coded(*places), {"T.txt": raw}, origin=f'origin="{origin}"')
    assert words(path) == wanted


def test_guids_in_capitals_and_braces_are_the_same(tmp_path):
    body = coded((0, 3)).replace(f'targetGUID="{CODE}"', f'targetGUID="{{{CODE.upper()}}}"')
    path = foreign(tmp_path, body, {"T.txt": b"One two"})
    found = read_project(path).project
    assert found.codings[0].code == found.codebook.codes[0].code == CODE


def test_a_text_inside_the_document_is_read(tmp_path):
    body = coded((4, 7)).replace('plainTextPath="internal://T.txt">', "><PlainTextContent>One two</PlainTextContent>")
    assert words(foreign(tmp_path, body)) == ["two"]


def test_a_folder_of_sources_in_capitals_and_a_document_of_another_name_are_read(tmp_path):
    path = foreign(tmp_path, coded((4, 7)), {"t.TXT": b"One two"}, sources="Sources", file="Study.qde")
    assert words(path) == ["two"]


def test_several_codings_of_one_selection_are_several(tmp_path):
    codings = "".join(
        f'<Coding guid="{known_by}" creatingUser="{user}" creationDateTime="2026-03-04T10:00:00+13:00">'
        f'<CodeRef targetGUID="{CODE}"/></Coding>'
        for known_by, user in ((GIVEN, USER), (NOTE, USER), (GIVEN, USER))
    )
    found = read_project(foreign(tmp_path, coded((0, 3), codings=codings), {"T.txt": b"One two"})).project
    assert len({one.guid for one in found.codings}) == 3
    assert {one.coder for one in found.codings} == {USER}
    assert {one.at.isoformat() for one in found.codings} == {"2026-03-04T10:00:00+13:00"}


def test_a_coding_without_a_user_is_nobodys(tmp_path):
    body = coded((0, 3), codings=f'<Coding guid="{GIVEN}"><CodeRef targetGUID="{CODE}"/></Coding>')
    found = read_project(foreign(tmp_path, body, {"T.txt": b"One two"})).project
    [coder] = {one.coder for one in found.codings}
    assert {one.coder: one.name for one in found.codebook.coders}[coder] == "Coder not said"


def test_codes_have_their_colour_their_place_and_whether_they_are_put_on_words(tmp_path):
    body = (
        f'<CodeBook><Codes><Code guid="{CODE}" name=" A " isCodable="false" color="#0Af"><Description> D </Description>'
        f'<Code guid="{CODE_2}" name="B" isCodable="1" color="blue"/></Code></Codes></CodeBook>'
    )
    one, two = read_project(foreign(tmp_path, body)).project.codebook.codes
    assert (one.name, one.description, one.colour, one.codable, one.parent) == ("A", "D", "#00aaff", False, None)
    assert (two.name, two.colour, two.codable, two.parent) == ("B", None, True, CODE)


def test_cases_have_values_of_every_kind_and_the_words_of_their_selections_or_codes(tmp_path):
    kinds = ("Text", "Boolean", "Integer", "Float", "Date", "DateTime")
    given_values = ("core", "true", "7", "1.5", "2026-03-04", "2026-03-04T10:00:00Z")
    types = "".join(
        f'<Variable guid="{number:08x}{VARIABLE[8:]}" name="{kind}" typeOfVariable="{kind}"/>'
        for number, kind in enumerate(kinds)
    )
    values = "".join(
        f'<VariableValue><VariableRef targetGUID="{number:08x}{VARIABLE[8:]}"/><{kind}Value>{value}</{kind}Value>'
        "</VariableValue>"
        for number, (kind, value) in enumerate(zip(kinds, given_values, strict=True))
    )
    case = f'<Variables>{types}</Variables><Cases><Case guid="{CASE}" name="Kim">{values}</Case></Cases><Sources>'
    body = (
        coded((0, 3))
        .replace("<Sources>", case)
        .replace("<CodeBook><Codes>", f'<CodeBook><Codes><Code guid="{CASE}" name="Kim" isCodable="true"/>')
        .replace(f'<CodeRef targetGUID="{CODE}"/>', f'<CodeRef targetGUID="{CASE}"/>')
    )
    found = read_project(foreign(tmp_path, body, {"T.txt": b"One two"})).project
    [kim] = found.cases
    assert kim.variables == dict(zip(kinds, given_values, strict=True))
    assert [(one.start, one.end) for one in kim.stretches] == [(0, 3)]
    assert (found.codings, [code.name for code in found.codebook.codes]) == ((), ["A"])


def test_notes_on_everything_are_memos_once(tmp_path):
    notes = {"study": NOTE, "session": GIVEN[:-1] + "0", "code": GIVEN[:-1] + "1", "coding": GIVEN[:-1] + "2"}
    body = (
        coded((0, 3))
        .replace('isCodable="true"/>', f'isCodable="true"><NoteRef targetGUID="{notes["code"]}"/></Code>')
        .replace("</Coding>", f'<NoteRef targetGUID="{notes["coding"]}"/></Coding>')
        .replace('endPosition="3">', 'endPosition="3"><Description>On coding</Description>')
        .replace("</TextSource>", f'<NoteRef targetGUID="{notes["session"]}"/></TextSource>')
        + "<Notes>"
        + "".join(
            f'<Note guid="{known_by}" name="T" creatingUser="{USER}" modifiedDateTime="2026-03-04T10:00:00">'
            f"<PlainTextContent>On {about}</PlainTextContent></Note>"
            for about, known_by in notes.items()
        )
        + "</Notes><Description>About it all</Description>"
    )
    found = read_project(foreign(tmp_path, body, {"T.txt": b"One two"}))
    assert sorted((memo.about, memo.on, memo.title, memo.text) for memo in found.project.codebook.memos) == [
        ("code", CODE, "T", "On code"),
        ("coding", GIVEN, "T", "On coding"),
        ("session", "S1", "T", "On session"),
        ("study", "", "", "About it all"),
        ("study", "", "T", "On study"),
    ]
    assert found.left == {}


def test_a_text_whose_name_is_no_session_has_one_that_says_nothing(tmp_path):
    body = coded((0, 3)).replace('name="S1"', 'name="Interview with Kim.docx"')
    [text] = read_project(foreign(tmp_path, body, {"T.txt": b"One two"})).project.texts
    assert text.name.startswith("text-000000a0")
    again = coded((0, 3)).replace('name="S1"', 'name="S1.docx"')
    [text] = read_project(foreign(tmp_path, again, {"T.txt": b"One two"})).project.texts
    assert text.name == "S1"


def test_what_is_not_taken_is_counted(tmp_path):
    media = "".join(
        f'<{kind}Source guid="{NOTE}" path="internal://x"><{kind}Selection><Coding guid="{GIVEN}">'
        f'<CodeRef targetGUID="{CODE}"/></Coding></{kind}Selection></{kind}Source>'
        for kind in ("Picture", "PDF", "Audio", "Video")
    )
    elsewhere = f'<TextSource guid="{NOTE}" name="S2" richTextPath="internal://x.docx"/>'
    body = (
        coded((0, 3), (3, 3), (5, 99))
        .replace("</TextSource>", f'<Coding guid="{NOTE}"><CodeRef targetGUID="{CODE}"/></Coding></TextSource>')
        .replace("</Sources>", media + elsewhere + "</Sources>")
        .replace("</Sources>", f'</Sources><Links><Link guid="{NOTE}"/></Links><Sets><Set guid="{NOTE}" name="x"/>'
        f'</Sets><Graphs><Graph guid="{NOTE}"/></Graphs>')
    )  # fmt: skip
    body = body.replace(
        "</TextSource>", '<PlainTextSelection guid="' + NOTE + '" startPosition="0" endPosition="2"/></TextSource>', 1
    )
    found = read_project(foreign(tmp_path, body, {"T.txt": b"One two"}))
    assert found.left == {
        "pictures": 1, "PDF files": 1, "sound recordings": 1, "films": 1, "links": 1, "sets": 1, "graphs": 1,
        "codings of pictures, PDF files, sound and films": 4,
        "codings of whole texts": 1,
        "texts that are not in the file as plain text": 1,
        "codings outside of their text, or of no sign of it": 2,
        "notes on words without a code": 1,
    }  # fmt: skip
    assert len(found.project.codings) == 1


def test_a_coding_of_an_unknown_code_is_counted(tmp_path):
    body = coded((0, 3)).replace(f'<CodeRef targetGUID="{CODE}"/>', f'<CodeRef targetGUID="{CODE_2}"/>')
    found = read_project(foreign(tmp_path, body, {"T.txt": b"One two"}))
    assert found.left == {"codings whose code is not in the codebook": 1}


# What is refused.


def refused(path: Path, match: str) -> None:
    with pytest.raises(BadInput, match=match) as caught:
        read_project(path)
    assert caught.value.__cause__ is None and str(path.parent) not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "match"),
    [
        ("<Sources>", r"project\.qde, line 1, column \d+: this is no XML"),
        ('<Sources>\n<TextSource guid="x"/></Sources>', r"project\.qde, line 2: a GUID is missing or not"),
        (coded((0, 3)).replace('"0"', '"zero"'), "line 1: the place of a coding is missing or not"),
        (coded((0, 3), codings=f'<Coding guid="{GIVEN}"/>'), "line 1: a coding is missing or not"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, body, match):
    refused(foreign(tmp_path, body, {"T.txt": b"One two"}), match)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE Project [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE Project SYSTEM "file:///etc/passwd">',
    ],
)
def test_document_types_and_entities_are_refused(tmp_path, head):
    refused(foreign(tmp_path, coded((0, 3)), {"T.txt": b"One two"}, head), "line 1: a document type is declared")


def test_another_kind_of_document_is_refused(tmp_path):
    path = foreign(tmp_path, "")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", "<html><body/></html>")
    refused(path, "line 1: this is no REFI-QDA project")


def test_an_archive_without_a_project_is_refused(tmp_path):
    refused(foreign(tmp_path, "", file="other.xml"), r"holds no project\.qde")


def test_what_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "x.qdpx"
    path.write_bytes(b"PK\x03\x04 not")
    refused(path, "damaged, locked or no archive")
    refused(tmp_path / "none.qdpx", "there is no such file")


@pytest.mark.parametrize("name", ["../x.txt", "/x.txt", "sources/../../x.txt", "C:\\x.txt", "a\\..\\..\\x.txt"])
def test_a_member_that_points_out_is_refused(tmp_path, name):
    path = foreign(tmp_path, "")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    refused(path, "points out of the project")


def test_a_member_that_grows_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("warehouse.exchange.archive.MOST_BYTES", 1000)
    path = foreign(tmp_path, "", {"T.txt": b"0"})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.qde", "<Project>" + " " * 1001)
    refused(path, r"project\.qde or all files in the project together are larger")


def test_members_that_are_large_together_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("warehouse.exchange.archive.MOST_TOGETHER", 600)
    refused(foreign(tmp_path, coded((0, 3)), {"T.txt": b"One two"}), "larger than may be")


def test_a_damaged_member_is_refused(tmp_path):
    path = foreign(tmp_path, coded((0, 3)), {"T.txt": b"One two" * 50})
    path.write_bytes(path.read_bytes().replace(b"One two", b"One tw0", 1))
    refused(path, "damaged, locked or no archive")


def test_a_text_in_an_unknown_encoding_is_refused(tmp_path):
    refused(foreign(tmp_path, coded((0, 3)), {"T.txt": b"\xe9t\xe9"}), "neither UTF-8 nor UTF-16")


def test_an_archive_says_what_it_holds(tmp_path):
    with Archive(foreign(tmp_path, "", {"T.txt": b"x"})) as archive:
        assert archive.names() == ["project.qde", "sources/T.txt"]
        assert archive.read("sources/none.txt", "a text") is None
