"""One document, twice: a page that loads nothing and a PDF, both with the same words."""

import base64
import hashlib
import io
import re
import shutil
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from flows.reports.breaking import broken
from flows.reports.document import (
    Block,
    Bullets,
    Code,
    Document,
    Heading,
    Note,
    PageBreak,
    Picture,
    Run,
    Table,
    Text,
    levelled,
    literal,
    runs,
)
from flows.reports.fonts import MISSING, shown
from flows.reports.html import to_html
from flows.reports.pdf import to_pdf
from flows.reports.qr import PIXELS, qr_picture
from schemas.errors import BadInput

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NASTY = "<script>alert(1)</script> & \"quoted\" 'single' ]]> {nb} **stars** [a](https://evil.example) \\"
PANGRAM = "Āē ī ō ū Kia ora, Aurélie Œuvré; Ελλάδα; Киев; Łódź; ᐃᓄᒃᑎᑐᑦ"


def picture() -> Picture:
    png = io.BytesIO()
    Image.new("RGB", (60, 30), (200, 220, 225)).save(png, "PNG")
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 30"><rect width="60" height="30"/></svg>'
    return Picture(svg, png.getvalue(), "People over time", "Twelve people by June, fifteen by July", 80)


def full(rows: int = 5) -> Document:
    return Document(
        title="What was agreed: La deuxième année",
        language="en",
        subtitle="As of 22 November 2026",
        blocks=[
            Text(f"{PANGRAM}. See **the second part**, [over there](#two), or [write](mailto:team@example.org)."),
            Heading("First part"),
            Table(
                ["Who", "Said", "How often"], [[f"P{n}", "yes; no", f"{n * 137:,}"] for n in range(rows)], "All", (2,)
            ),
            Heading("Second part", 2, "two"),
            Bullets(["One **thing**", literal(NASTY), "Another thing that goes on for a while " * 5]),
            Note("Keep this page."),
            picture(),
            Heading("Deeper than it should be", 4),
            Text(literal(NASTY)),
        ],
        annex=[Heading("Keys"), Code("chatham/0f+ab\n  two  spaces"), Table(["a", "b"], [["c", "d"]])],
    )


def page_with(*blocks: Block) -> Document:
    return Document("A page", blocks=list(blocks))


class Reader(HTMLParser):
    """Takes a page apart: every element, whether each is closed where it should be, and the words."""

    VOID = ("meta", "img", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "main" in self.open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def pdf_words(data: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("the program pdftotext (Debian: poppler-utils) is not installed, so no PDF can be read back")
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True
    ).stdout.decode()


def test_both_have_the_same_words() -> None:
    document = full()
    page = "".join("".join(Reader(to_html(document)).words).split())
    printed = re.sub(r"What was agreed: La deuxième année +\d of \d\n", "", pdf_words(to_pdf(document)))
    # Order within a table's rows and bullets before or after their text are the printer's; the letters are not.
    assert sorted(page) == sorted("".join(printed.split()).replace("•", ""))
    assert NASTY in "".join(Reader(to_html(document)).words)
    for words in (PANGRAM, "Second part", "137", "People over time", "two spaces", NASTY.split("{")[0].strip()):
        assert words.split() == re.findall(r"\s+".join(map(re.escape, words.split())), printed)[0].split()


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    page = Reader(to_html(full()))
    [policy] = [meta["content"] or "" for meta in page.all("meta") if meta.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy and "script-src" not in policy
    assert {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object", "base", "form"} == set()
    assert not any(name.startswith("on") or name == "style" for _, given in page.elements for name in given)
    assert all((image["src"] or "").startswith("data:image/svg+xml;base64,") for image in page.all("img"))


def test_the_policy_permits_the_pages_own_style_and_the_one_script_it_was_given() -> None:
    script = "document.title = 'A < B && C';"
    page = to_html(full(), '<meta name="x">', script=script, style="p{color:red}", after='<p id="end">End</p>')
    for tag in ("style", "script"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page
    assert page.index('<meta name="x">') < page.index("</head>") < page.index('<p id="end">') < page.index(script)


def test_a_page_can_be_read_aloud() -> None:
    page = Reader(to_html(full()))
    assert page.all("html")[0]["lang"] == "en"
    assert [tag for tag, _ in page.elements if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h2", "h3", "h2", "h3"]
    assert [head.get("scope") for head in page.all("th")][:4] == ["col", "col", "col", "row"]
    assert [image["alt"] for image in page.all("img")] == ["Twelve people by June, fifteen by July"]
    assert page.all("h2")[1]["id"] == "two" and {"href": "#two"} in page.all("a")


def test_headings_never_leave_a_level_out() -> None:
    levels = [4, 2, 4, 4, 2, 3, 4, 9, 1]
    blocks = levelled([Heading("x", level) for level in levels])
    assert [block.level for block in blocks if isinstance(block, Heading)] == [2, 2, 3, 4, 2, 3, 4, 5, 2]


@given(st.text())
def test_words_of_others_stand_exactly_as_they_are(words: str) -> None:
    assert "".join(run.words for run in runs(literal(words))) == words
    assert all(not run.strong and not run.href for run in runs(literal(words)))


def test_a_link_leads_to_known_kinds_of_places_only() -> None:
    marked = "[a](https://example.org/x) [b](#c) [d](tel:+441) [e](javascript:alert) [f](http://example.org) **g**"
    assert [run.href for run in runs(marked) if run.href] == ["https://example.org/x", "#c", "tel:+441"]
    assert "".join(run.words for run in runs(marked)).endswith("[e](javascript:alert) [f](http://example.org) g")


@given(st.text(alphabet="ab-é1 \n", max_size=80), st.integers(1, 12), st.integers(0, 80))
def test_no_line_is_too_wide_and_no_word_is_lost(text: str, most: int, at: int) -> None:
    lines = broken([Run(text[:at]), Run(text[at:], strong=True)], most, lambda run: len(run.words))
    assert all(sum(len(run.words) for run in line) <= most for line in lines)
    assert "".join("".join(run.words for line in lines for run in line).split()) == "".join(text.split())


def test_words_are_kept_whole_where_they_fit_and_numbers_are_not_parted() -> None:
    def lines(text: str, most: int) -> list[str]:
        return ["".join(run.words for run in line) for line in broken([Run(text)], most, lambda run: len(run.words))]

    assert lines("made-up name REB-2026-014 x", 12) == ["made-up name", "REB-2026-014", "x"]
    assert lines("well-kept", 6) == ["well-", "kept"]
    assert lines("abcdefgh ij", 5) == ["abcde", "fgh", "ij"]


def test_a_pdf_is_the_same_each_time_and_another_on_another_day() -> None:
    assert to_pdf(full(), AT) == to_pdf(full(), AT)
    assert to_pdf(full(), AT) != to_pdf(full(), AT.replace(day=23))
    assert to_pdf(full()) == to_pdf(full())


def test_a_pdf_says_its_title_its_language_and_how_many_pages_there_are() -> None:
    data = to_pdf(full(rows=120), AT)
    pages = data.count(b"/Type /Page\n")
    assert pages > 3
    assert b"/Lang (en)" in data and b"/Outlines" in data and data.count(b"/Dest") >= 6
    assert [line.split()[-3:] for line in pdf_words(data).splitlines() if " of " in line and "agreed" in line] == [
        [str(number), "of", str(pages)] for number in range(1, pages + 1)
    ]


def test_a_table_says_its_columns_again_on_each_page() -> None:
    sheets = pdf_words(to_pdf(full(rows=120), AT)).split("\f")
    with_rows = [sheet for sheet in sheets if re.search(r"^ *P\d+ +yes; no", sheet, re.MULTILINE)]
    assert len(with_rows) >= 3
    assert all(re.search(r"Who +Said +How often", sheet) for sheet in with_rows)
    rows = [line.split()[0] for sheet in sheets for line in sheet.splitlines() if "yes; no" in line]
    assert rows == [f"P{number}" for number in range(120)]


@pytest.mark.parametrize(
    "block",
    [
        Table(["a", "b"], [["x", "word " * 3_000]]),
        Table(["a", "b"], [["x" * 5_000, "y"]]),
        Table(["column"] * 12, [["something long enough"] * 12] * 3),
        Table(["a"], []),
        Note("word " * 2_000),
        Text("x" * 20_000),
        Text(""),
        Bullets([]),
        Bullets(["word " * 3_000]),
        Code("0" * 20_000),
        Code(""),
        Heading("word " * 100),
        PageBreak(),
    ],
    ids=lambda block: type(block).__name__,
)
def test_nothing_is_lost_however_long(block: Block) -> None:
    document = page_with(block, Text("The end."))
    page = "".join("".join(Reader(to_html(document)).words).split())
    printed = re.sub(r"A page +\d+ of \d+\n", "", pdf_words(to_pdf(document)))
    letters = "".join(printed.split()).replace("•", "")
    assert letters.endswith("Theend.")
    # A table's head is repeated.
    assert len(page) <= len(letters) < len(page) + 200 and set(letters) == set(page)


def test_a_character_that_the_font_lacks_becomes_a_visible_sign() -> None:
    words = "漢字 🙂 \ud800 \x00 \u202e ok \ue0f0\ue0f1"
    data = to_pdf(page_with(Text(words), Table([words], [[words]], words), Code(words), Note(words)), AT)
    assert pdf_words(data).count(MISSING) >= 6 * 4
    assert shown("e\u0301\u00a0x") == "é x"
    assert shown("שלום, مرحبا") == MISSING * 4 + ", " + MISSING * 5, "it would stand in the wrong order"
    page = to_html(page_with(Text(words), Heading(words), Code(words)))
    assert page.encode("utf-8").count(MISSING.encode()) == 2 * 3


@given(st.text(max_size=60))
def test_any_text_can_be_printed(words: str) -> None:
    document = Document(words, blocks=[Text(words), Heading(words), Bullets([words]), Table([words], [[words]])])
    assert to_pdf(document).startswith(b"%PDF-")
    assert Reader(to_html(document)).all("h1") == [{}]


def test_a_link_to_a_place_that_is_not_there_is_no_link() -> None:
    assert b"/Annot" not in to_pdf(page_with(Text("[x](#nowhere)")))
    assert b"/Annot" in to_pdf(page_with(Text("[x](#somewhere)"), Heading("y", 2, "somewhere")))


def test_a_code_is_a_vector_on_the_page_and_whole_pixels_in_print() -> None:
    code = qr_picture(b"c2sp.org/tlog-proof@v1\n", caption="", alt="a code", width_mm=100)
    assert code.svg.startswith("<svg") and "script" not in code.svg
    with Image.open(io.BytesIO(code.png)) as image:
        assert image.width % PIXELS == 0 and set(image.convert("L").tobytes()) == {0, 255}
    with pytest.raises(BadInput, match="do not fit into one code"):
        qr_picture(bytes(2_901), caption="", alt="", width_mm=100)


def test_a_page_can_be_looked_at(tmp_path: Path) -> None:
    """In a real browser: its style is permitted by its own policy, and its picture is drawn."""
    if shutil.which("chromium") is None:
        pytest.skip("the browser chromium is not installed, so the page was not looked at")
    (tmp_path / "page.html").write_text(to_html(page_with(picture())), encoding="utf-8")
    subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            *(f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={tmp_path / 'page.png'}"),
            *("--window-size=600,400", "--force-device-scale-factor=1", f"file://{tmp_path / 'page.html'}"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with Image.open(tmp_path / "page.png") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or []}
    assert (0xFD, 0xFC, 0xFA) in colours, "the paper's colour, from the style"
    assert (0, 0, 0) in colours, "the picture's rectangle"


def test_what_others_wrote_stands_as_it_is_inside_strong_words_too() -> None:
    written = "a *star*, a [link](http://x), a \\ and 你好"
    told = [(run.words, run.strong) for run in runs(f"**{literal(written)}** end")]
    assert told == [(written, True), (" end", False)]
