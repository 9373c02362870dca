"""A document as one HTML file: nothing is loaded, nothing runs unless it is told to, every word is escaped."""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import singledispatch
from html import escape

from flows.reports.document import (
    Block,
    Bullets,
    Code,
    Document,
    Heading,
    Note,
    PageBreak,
    Picture,
    Table,
    Text,
    levelled,
    runs,
)

STYLE = """
:root{color-scheme:light dark;--ink:#22292e;--soft:#5b666d;--paper:#fdfcfa;--card:#f3f1ec;--line:#d9d5cc;
--accent:#1f5a68}
@media (prefers-color-scheme:dark){:root{--ink:#e6e4df;--soft:#a3abb0;--paper:#191d20;--card:#23292d;--line:#3a4247;
--accent:#8cc8d4}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 "Source Sans 3","Segoe UI",Ubuntu,"Noto Sans",
"DejaVu Sans",system-ui,sans-serif;overflow-wrap:break-word;-webkit-text-size-adjust:100%}
main{max-width:46rem;margin:0 auto;padding:3rem 1.25rem 5rem}
h1{font-size:2.1rem;line-height:1.2;margin:0 0 .3rem;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
.subtitle{color:var(--soft);margin:0 0 2rem}
h2{font-size:1.4rem;line-height:1.3;margin:2.8rem 0 .8rem;padding-top:.9rem;border-top:1px solid var(--line);
font-weight:650;color:var(--accent)}
h3{font-size:1.12rem;line-height:1.35;margin:1.9rem 0 .5rem;font-weight:650}
h4,h5,h6{font-size:1rem;margin:1.5rem 0 .4rem;font-weight:650;color:var(--soft)}
h2+h3{margin-top:1rem}
p,ul{margin:0 0 1rem}
ul{padding-left:1.3rem}
li{margin:.25rem 0}
li::marker{color:var(--accent)}
a{color:var(--accent);text-underline-offset:.15em}
.note{background:var(--card);border-left:4px solid var(--accent);padding:.8rem 1.1rem;border-radius:0 .4rem .4rem 0;
margin:1.4rem 0}
.wide{overflow-x:auto;margin:1.2rem 0}
table{border-collapse:collapse;width:100%;font-size:.95rem;line-height:1.45;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:.9rem;padding-bottom:.4rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:600;border-bottom:2px solid var(--line)}
tbody th{font-weight:500}
th.number,td.number{text-align:right}
figure{margin:1.6rem 0;text-align:center}
figure img{max-width:100%;height:auto;background:#fff;border-radius:.4rem}
figcaption{color:var(--soft);font-size:.9rem;margin-top:.5rem}
pre{background:var(--card);padding:.8rem 1rem;border-radius:.4rem;font:.8rem/1.5 "DejaVu Sans Mono",ui-monospace,
monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:1rem 0}
pre.large{font-size:1.35rem;line-height:1.7;letter-spacing:.03em}
@media (max-width:34rem){main{padding-top:1.6rem}h1{font-size:1.65rem}
table{font-size:.9rem}th,td{padding-right:.6rem}}
@page{size:A4;margin:18mm 20mm 20mm;@bottom-right{content:counter(page) " of " counter(pages);font:9pt sans-serif;
color:#5b666d}}
@media print{:root{color-scheme:light;--ink:#111;--soft:#555;--paper:#fff;--card:#f5f4f0;--line:#ccc;--accent:#1f4e5b;
font-size:9.5pt}
body{font-size:1rem;line-height:1.42}main{max-width:none;padding:0}h1{font-size:19pt}.subtitle{margin-bottom:1rem}
h2{font-size:13pt;margin:1.3rem 0 .4rem;padding:0;border:0}h3{font-size:11pt;margin:1rem 0 .3rem}
p,ul{margin-bottom:.55rem}li{margin:.1rem 0}.note{margin:.7rem 0;padding:.5rem .9rem}.wide{margin:.4rem 0 .7rem}
table{font-size:.92rem}th,td{padding-top:.28rem;padding-bottom:.28rem}figure{margin:.7rem 0}pre{padding:.4rem .6rem}
h1,h2,h3,h4{break-after:avoid}tr,figure,.note,li{break-inside:avoid}thead{display:table-header-group}
.wide{overflow:visible}.page{break-before:page}.page+h2{margin-top:0}
.note,pre{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def to_html(document: Document, extra_head: str = "", *, script: str = "", style: str = "", after: str = "") -> str:
    """The document as one HTML page, which loads nothing and sends nothing.

    Args:
        document: What to print.
        extra_head: Markup for the head, as it is; scripts and styles in it do not count, unless they hold data only.
        script: JavaScript that may run, in place of none.
        style: CSS beside the document's own.
        after: Markup behind the last block, as it is.
    Returns:
        The page. Its content security policy permits its own style and ``script`` by their hashes, images within
        the page, and nothing else.
    """
    annex = [PageBreak(), Heading("Annex", 2, "annex"), *levelled(document.annex, 3)] if document.annex else []
    blocks = "\n".join(_html(block) for block in (*levelled(document.blocks), *annex))
    subtitle = f'\n<p class="subtitle">{_text(document.subtitle)}</p>' if document.subtitle else ""
    styles, code = STYLE + style, f"\n<script>{script}</script>" if script else ""
    return f"""<!DOCTYPE html>
<html lang="{_attribute(document.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(styles, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{_text(document.title)}</title>
<style>{styles}</style>
{extra_head}</head>
<body>
<main>
<h1>{_text(document.title)}</h1>{subtitle}
{blocks}
{after}</main>{code}
</body>
</html>
"""


def _policy(styles: str, script: str) -> str:
    scripts = f"; script-src {_source(script)}" if script else ""
    return (
        f"default-src 'none'; style-src {_source(styles)}{scripts}; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(words: str) -> str:
    return escape(_CONTROL.sub("\ufffd", words.replace("\r\n", "\n")), quote=False)


def _attribute(words: str) -> str:
    return escape(_CONTROL.sub("\ufffd", words), quote=True)


def _marked(text: str) -> str:
    parts = []
    for run in runs(text):
        words = f"<strong>{_text(run.words)}</strong>" if run.strong else _text(run.words)
        parts.append(f'<a href="{_attribute(run.href)}">{words}</a>' if run.href else words)
    return "".join(parts)


@singledispatch
def _html(block: Block) -> str:
    raise TypeError(f"no block of a document: {type(block).__name__}")


@_html.register
def _(block: Heading) -> str:
    anchor = f' id="{_attribute(block.id)}"' if block.id else ""
    return f"<h{block.level}{anchor}>{_text(block.text)}</h{block.level}>"


@_html.register
def _(block: Text) -> str:
    return f"<p>{_marked(block.text)}</p>"


@_html.register
def _(block: Bullets) -> str:
    return "<ul>\n" + "".join(f"<li>{_marked(item)}</li>\n" for item in block.items) + "</ul>"


@_html.register
def _(block: Note) -> str:
    return f'<p class="note">{_marked(block.text)}</p>'


@_html.register
def _(block: Code) -> str:
    # A line feed right after <pre> is dropped by readers, so one is given away.
    large = ' class="large"' if block.large else ""
    return f"<pre{large}>\n{_text(block.text)}</pre>"


@_html.register
def _(block: PageBreak) -> str:  # noqa: ARG001 - registered by its type
    return '<div class="page"></div>'


@_html.register
def _(block: Picture) -> str:
    data = base64.b64encode(block.svg.encode()).decode()
    caption = f"<figcaption>{_text(block.caption)}</figcaption>" if block.caption else ""
    width = round(block.width_mm * 96 / 25.4)
    image = f'<img src="data:image/svg+xml;base64,{data}" alt="{_attribute(block.alt)}" width="{width}">'
    return f"<figure>{image}{caption}</figure>"


@_html.register
def _(block: Table) -> str:
    caption = f"<caption>{_text(block.caption)}</caption>\n" if block.caption else ""
    head = _row("th", 'scope="col"', block.columns, block.numbers)
    rows = "".join(f"<tr>{_body_row(row, block.numbers)}</tr>\n" for row in block.rows)
    return (
        f'<div class="wide"><table>\n{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>'
    )


def _body_row(row: Sequence[str], numbers: Sequence[int]) -> str:
    # The heading of a row is set as words, even where it is a number.
    first = f'<th scope="row">{_text(row[0])}</th>' if row else ""
    return first + _row("td", "", row[1:], [column - 1 for column in numbers])


def _row(tag: str, scope: str, cells: Sequence[str], numbers: Sequence[int]) -> str:
    parts = []
    for column, cell in enumerate(cells):
        attributes = [*([scope] if scope else []), *(['class="number"'] if column in numbers else [])]
        parts.append(f"<{' '.join([tag, *attributes])}>{_text(cell)}</{tag}>")
    return "".join(parts)
