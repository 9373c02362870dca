import io
import zipfile

import pytest

from schemas.errors import BadInput
from transcription.formats import parse_cues

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str, head: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"{head}<w:document {W}><w:body>{body}</w:body></w:document>")
    return file.getvalue()


def paragraph(*lines: str) -> str:
    return "<w:p><w:r><w:t>" + "</w:t><w:br/><w:t>".join(lines) + "</w:t></w:r></w:p>"


def turns(data: bytes) -> list[tuple[float, str | None, str | None]]:
    return [(cue.start_s, cue.speaker, cue.text) for cue in parse_cues(data).cues]


def test_teams_turns_are_read_and_its_own_lines_dropped():
    body = "".join(
        [
            paragraph("Meeting Transcript"),
            paragraph("Jane Doe started transcription"),
            paragraph("Jane Doe   0:03", "Hello there.", "And welcome."),
            paragraph("Amara Okafor   1:02:09", "Thanks."),
            paragraph("Jane Doe stopped transcription"),
        ]
    )
    assert turns(docx(body)) == [(3, "Jane Doe", "Hello there. And welcome."), (3729, "Amara Okafor", "Thanks.")]


def test_the_older_teams_form_with_two_times_is_read():
    body = paragraph("0:0:3.100 --> 0:0:6.400", "Jane Doe", "Hello there.") + paragraph(
        "0:0:11.0 --> 0:0:15.200", "Amara Okafor", "Thanks."
    )
    assert turns(docx(body)) == [(3.1, "Jane Doe", "Hello there."), (11, "Amara Okafor", "Thanks.")]


def test_entities_are_never_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(BadInput, match="defines its own document type"):
        parse_cues(docx(paragraph("Jane Doe   0:03", "&b;"), bomb))
    with pytest.raises(BadInput, match="defines its own document type"):
        parse_cues(b'<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd"><x>&e;</x>')


def test_a_body_that_unpacks_to_too_much_is_refused():
    with pytest.raises(BadInput, match="not a Word document that can be read"):
        parse_cues(docx(" " * (65 << 20)))


@pytest.mark.parametrize("cut", [10, 60, 150])
def test_a_broken_archive_is_refused(cut):
    with pytest.raises(BadInput, match="not a Word document that can be read"):
        parse_cues(docx(paragraph("Jane Doe   0:03", "Hello."))[:cut])


def test_broken_xml_is_refused():
    with pytest.raises(BadInput, match="not a Word document that can be read"):
        parse_cues(docx("<w:p>"))


def test_a_document_without_turns_is_refused():
    with pytest.raises(BadInput, match="nobody's words were found"):
        parse_cues(docx(paragraph("Dear all,")))
