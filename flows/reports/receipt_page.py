"""The words of a participant's receipt: one page to read, one with the code. Pure; everything is handed in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from consent.days import day_words
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
    literal,
)
from flows.reports.languages import LANGUAGES
from flows.settings import StudyContact
from schemas.consent import Answer, Form, Level, Organisation, Permission, State, Use

How = Literal["written", "condition", "blank", "before", "not asked"]
"""Where an answer comes from."""
LEVELS: dict[Level, str] = {
    Level.NAMED: "with your name",
    Level.FIRST_NAME: "with your first name",
    Level.ROLE: "by your role only; without a name where only you have that role",
    Level.PSEUDONYM: "under a made-up name",
    Level.UNNAMED: "without a name",
    Level.WITHHELD: "not at all",
}
EXAMPLES: dict[Level, str] = {
    Level.NAMED: "Rosa Marin: “I ran the ferry survey in Port Alder.”",
    Level.FIRST_NAME: "Rosa Marin becomes Rosa: “We opened the Port Alder office in May.”",
    Level.ROLE: "Rosa Marin becomes [Planner, city council]: “The mayor of [a coastal town] rang me twice.”",
    Level.PSEUDONYM: "Rosa Marin becomes Ines Calder, a made-up name: “I left [a city council] on [DATE].”",
    Level.UNNAMED: "Rosa Marin becomes Participant: “My team at [a city council] was too small.”",
    Level.WITHHELD: "Where Rosa Marin spoke there is a gap: “[not used, 12 seconds]”",
}
"""What each level looks like. Nobody real, and no real words."""
USES: dict[Use, str] = {
    Use.ANALYSIS: "while we study what was said",
    Use.RESEARCH: "in research publications",
    Use.PRACTICE: "in publications for practitioners",
    Use.RECORDING: "in a recording that is published",
}
ASKED: dict[Permission, str] = {
    Permission.RECORD_AUDIO: "record your voice",
    Permission.RECORD_VIDEO: "record your picture",
    Permission.TRANSCRIBE: "write down what you say",
    Permission.CHAT: "use what you write in the chat",
    Permission.ANALYSE: "study your words",
    Permission.QUOTE_RESEARCH: "quote you in research",
    Permission.QUOTE_PRACTICE: "quote you in texts for practitioners",
    Permission.PUBLISH_RECORDING: "publish the recording",
    Permission.SHARE_BACK: "share your words with the group",
    Permission.ARCHIVE: "keep your words in an archive",
    Permission.TRANSLATE: "translate your words",
    Permission.PARTNERS: "share your words with partner organisations",
    Permission.AI_SERVICES: "let outside AI services work on your words",
    Permission.TEACHING: "use your words in teaching",
    Permission.RECONTACT: "write to you again",
}
ANSWERS: dict[Answer, str] = {Answer.YES: "Yes", Answer.ASK: "Ask me first", Answer.NO: "No"}
HOWS: dict[How, str] = {
    "written": "",
    "condition": ", as a condition of taking part",
    "blank": " (left blank: the form's own answer)",
    "before": ", as before you went over to this form",
    "not asked": ", because your form did not ask",
}
STATES: dict[State, str] = {
    State.NOT_ASKED: "You have signed no form of this study that counts today, so **nothing of yours is used**.",
    State.DECLINED: "You declined to take part, so **nothing of yours is used**.",
    State.STOPPED: "You withdrew. **Every use of your words has been stopped.**",
    State.ERASED: "You withdrew, and **your words have been destroyed**.",
}
FROM_THEN_ON = (
    "You withdrew. **Nothing you say from then on is used.** For what you said before, what you had allowed still"
    " holds."
)
"""In place of the state, where somebody withdrew for the time to come only."""
_WAYS = (
    "**Change.** Another way to appear, or another yes or no, for everything or for one session. Something more"
    " protective counts at once for all you ever said; something more open counts from then on.",
    "**Pause.** Say “not used”. Nothing of yours is used until you say otherwise.",
    "**Stop.** Withdraw. Every use stops at once. You choose whether your words are destroyed, kept without"
    " anything that identifies you, or kept as they are up to that day. We tell you the date of destruction;"
    " it is never more than a month away, and until then you can take it back.",
)
ONLY_PARTS = (
    "You have signed nothing for the study as a whole, so nothing of yours is used but what you chose for single"
    " sessions or passages. They are on the list of what was recorded."
)
"""In place of the state, where somebody signed for a part of the study only."""
_TAKE_BACK = "**Take it back.** Until your words are destroyed you can take a withdrawal back."
_COME_BACK = "**Take part.** Whenever you like, by signing a form. Nobody will ask you to."
_CHECKS = (
    "**The easy way:** give this page to the ethics board, or to anybody you trust who has a computer, and ask:"
    " is what this says still in the register?",
    "**By yourself:** scan the code with a phone and save its text as a file, or ask us for that file. The free"
    " program Chatham then says in words what it holds, and refuses it if one letter was changed. It needs no"
    " network and nothing of ours. Given this page as a file (with .html at its end), it prints each entry on the"
    " list as the register has it: read what it prints, not this page.",
)


@dataclass(frozen=True)
class Said:
    """One answer that holds today."""

    answer: Answer
    how: How
    """By the person's own word, as a condition of taking part, by the form's default, from an earlier form, or not."""


@dataclass(frozen=True)
class Facts:
    """Everything a receipt tells, opened from the holder's entries alone."""

    participant: str
    today: date
    state: State
    levels: Mapping[Use, Level]
    organisation: Organisation
    credit: str | None = field(repr=False)
    withdrawn: Literal["erase", "keep_deidentified", "stop"] | None
    """What was asked for at the last withdrawal."""
    destroyed_on: date | None
    """When the words are to be destroyed, as the person was told."""
    permissions: Mapping[Permission, Said]
    narrower: bool
    """Whether something was chosen for less than the whole study."""
    events: Sequence[str] = field(repr=False)
    """A sentence for each entry, oldest first."""
    form: Form | None
    """The form that counts today."""
    file_name: str
    """Of the proof that lies beside the page."""
    study: str = ""
    """Title of the study."""
    approvals: Sequence[str] = ()
    whom: StudyContact = field(default_factory=StudyContact)
    entries: int = 0
    """Of the whole register under the seal."""
    key: str = ""
    """The log's Ed25519 key, as a vkey."""


def receipt_document(facts: Facts, code: Picture | None) -> Document:
    """The receipt: what holds and how to change it; then what was recorded, and the code.

    Args:
        facts: What it tells.
        code: The proof as a picture; None: it is too long for one.
    """
    return Document(
        title="Your consent receipt",
        subtitle=f"{facts.study} · participant {facts.participant} · {day_words(facts.today)}",
        blocks=[*_today(facts), *_mind(facts), *_recorded(facts), *_code(facts, code)],
    )


def language_name(code: str) -> str:
    """English name of a language, or its code where it is not known here."""
    return LANGUAGES.get(code, f"the language “{code}”")


def _today(facts: Facts) -> Iterable[Block]:
    yield Text(
        f"This is what the consent register holds about you, **{literal(facts.participant)}**, today."
        " You decide, and you can decide otherwise at any time."
    )
    if facts.state is not State.CONSENTED:
        yield Note(_stopped(facts))
        return
    yield Heading("How you appear", 2, "level")
    yield Table(("Where", "You appear", "For example (Rosa Marin is made up)"), _level_rows(facts.levels))
    named = facts.organisation is Organisation.NAMED
    employer = "may be named" if named else "is described in general terms only"
    credit = f"you are thanked as “{literal(facts.credit)}”" if facts.credit else "you are not thanked by name"
    yield Text(f"The same holds when others speak of you. Your employer {employer}. In acknowledgements {credit}.")
    yield Heading("What you said yes and no to", 2, "answers")
    yield Table(("Your answer", "What it is about"), _answer_rows(facts.permissions))
    if facts.narrower:
        yield Text("For some sessions or passages you chose otherwise. The list of what was recorded says which.")


def _stopped(facts: Facts) -> str:
    if facts.state is State.NOT_ASKED and facts.narrower:
        return ONLY_PARTS
    if facts.state is not State.STOPPED:
        return STATES[facts.state]
    if facts.withdrawn == "stop":
        return FROM_THEN_ON
    on = facts.destroyed_on
    planned = f" They are to be destroyed on {day_words(on)}." if on is not None and facts.withdrawn == "erase" else ""
    return STATES[State.STOPPED] + planned


def _level_rows(levels: Mapping[Use, Level]) -> list[tuple[str, str, str]]:
    uses = {level: [USES[use] for use, chosen in levels.items() if chosen is level] for level in levels.values()}
    if len(uses) == 1:
        uses = {level: ["everywhere"] for level in uses}
    return [(_capital("; ".join(where)), LEVELS[level], EXAMPLES[level]) for level, where in uses.items()]


def _answer_rows(permissions: Mapping[Permission, Said]) -> list[tuple[str, str]]:
    rows = []
    for answer in Answer:
        for how, note in HOWS.items():
            what = [ASKED[one] for one, said in permissions.items() if (said.answer, said.how) == (answer, how)]
            if what:
                rows.append((ANSWERS[answer] + note, f"{_capital('; '.join(what))}."))
    return rows


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _recorded(facts: Facts) -> Iterable[Block]:
    yield PageBreak()
    yield Heading("What was recorded, and when", 2, "recorded")
    yield Bullets([literal(sentence) for sentence in facts.events])
    if facts.form is not None:
        approved = f", approved by the ethics board as {literal(' and '.join(facts.form.approvals))}"
        yield Text(
            f"Your form is version **{literal(facts.form.version)}**, in {literal(language_name(facts.form.language))}"
            f"{approved}. Its exact text is sealed into the register together with what you signed."
        )


def _mind(facts: Facts) -> Iterable[Block]:
    yield Heading("If you change your mind", 2, "change")
    yield Text("Tell us, in any way you like. You need give no reason, and nobody will ask you for one.")
    if facts.state is State.CONSENTED:
        yield Bullets(_WAYS)
        yield from _until(facts.form)
    else:
        yield Bullets([*([_TAKE_BACK] if facts.state is State.STOPPED else []), _COME_BACK])
    yield Text(_call(facts))
    yield Note("**Keep this page: it shows the register was not changed behind your back.**")


def _until(form: Form | None) -> Iterable[Block]:
    if form is None:
        return
    until = f"You can withdraw until **{literal(_date_words(form.withdraw_until))}**." if form.withdraw_until else ""
    after = f" After that, in the words of your form: “{literal(form.after_that)}”" if form.after_that else ""
    if until or after:
        yield Text((until + after).strip())


def _date_words(text: str) -> str:
    try:
        return day_words(date.fromisoformat(text))
    except ValueError:
        return text


def _call(facts: Facts) -> str:
    whom = facts.whom
    ways = [*([f"[{whom.phone}](tel:{whom.phone.replace(' ', '')})"] if _plain(whom.phone) else [])]
    ways += [f"[{whom.email}](mailto:{whom.email})"] if _plain(whom.email) else []
    approved = literal(" and ".join(facts.approvals))
    board = f" The ethics board knows the study under {approved}." if approved else ""
    if not (whom.name or ways):
        return f"**Whom to call:** the research team of “{literal(facts.study)}”, who gave you this page.{board}"
    return f"**Whom to call:** {', '.join([*([literal(whom.name)] if whom.name else []), *ways])}.{board}"


def _plain(text: str) -> bool:
    return bool(text) and not set(text) & set("[]()<>\"'\\*")


def _code(facts: Facts, code: Picture | None) -> Iterable[Block]:
    yield Heading("The code, and what it is for", 2, "code")
    yield Text(
        f"The {'code' if code else 'file ' + literal(facts.file_name)} holds the last thing on the list of what was"
        f" recorded, as you said it, and a proof that it stands in the register among its {facts.entries:,} entries,"
        " under a seal that the register signed. It opens nobody else's entries; beside what you chose it holds who"
        " of the team recorded it, and how. Whoever opens it can read that, so show it to whom you trust."
    )
    if code is None:
        yield Note("What you said is too long for a code to print, so ask us for the file and keep it with this page.")
    else:
        yield code
    yield Heading("How to check it", 3, "check")
    yield Bullets(_CHECKS)
    yield Code(f"python -m consent.receipt {facts.file_name} \\\n  {facts.key}")
    yield Text(
        "The second line is the register's public key: compare it with the one that the ethics board has. What the code"
        " cannot tell is whether something newer was recorded. But if the register is ever shown to somebody without"
        " this entry, this page proves that it was there."
    )
