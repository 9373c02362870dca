"""The words that sentences about the register are made of, as data: a page can tell the same ones to the letter."""

from schemas.consent import ConsentKind, Level, Permission, Use
from schemas.ledger import EventKind

Clause = tuple[str, ...]
"""Alternatives; the first whose blanks can all be filled is said, none if none can."""

LEVEL_WORDS: dict[Level, str] = {
    Level.NAMED: "named",
    Level.FIRST_NAME: "first name",
    Level.ROLE: "role only",
    Level.PSEUDONYM: "made-up name",
    Level.UNNAMED: "unnamed",
    Level.WITHHELD: "not used",
}
PERMISSION_WORDS: dict[Permission, str] = {
    Permission.RECORD_AUDIO: "having their voice recorded",
    Permission.RECORD_VIDEO: "having their picture recorded",
    Permission.TRANSCRIBE: "having their words written down",
    Permission.CHAT: "use of what they write in the chat",
    Permission.ANALYSE: "analysis of their words",
    Permission.QUOTE_RESEARCH: "quotation in research",
    Permission.QUOTE_PRACTICE: "quotation in practice publications",
    Permission.PUBLISH_RECORDING: "publication of the recording",
    Permission.SHARE_BACK: "sharing back with the group",
    Permission.ARCHIVE: "archiving",
    Permission.TRANSLATE: "translation",
    Permission.PARTNERS: "sharing with partner organisations",
    Permission.AI_SERVICES: "use of outside AI services",
    Permission.TEACHING: "use in teaching",
    Permission.RECONTACT: "being contacted again",
}
USE_WORDS: dict[Use, str] = {
    Use.ANALYSIS: "for analysis",
    Use.RESEARCH: "in research publications",
    Use.PRACTICE: "in practice publications",
    Use.RECORDING: "in published recordings",
}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)  # not strftime: the words must not depend on the machine's language

WORDS: dict[str, dict[str, str]] = {
    "level": {str(level): words for level, words in LEVEL_WORDS.items()},
    "use": {str(use): words for use, words in USE_WORDS.items()},
    "dimension": {str(permission): words for permission, words in PERMISSION_WORDS.items()}
    | {"level": "how they are shown", "organisation": "their employer", "credit": "being acknowledged"},
    "answer": {"yes": "allows", "ask": "wants to be asked before", "no": "refuses"},
    "data": {
        "erase": "asks that their words be deleted",
        "keep_deidentified": "asks that only de-identified words be kept",
        "stop": "asks that nothing from now on be used; earlier permissions stand",
    },
    "giver": {"guardian": "a guardian", "authorised": "an authorised person"},
    "applies": {"all": " For everything ever said.", "from": " From then on."},
    "mark": {
        "off_the_record": "off the record",
        "not_mine": "not theirs to tell",
        "role_play": "role-play",
        "for_organisation": "said for an organisation",
        "joint": "said jointly",
        "reports": "telling what somebody else did or said",
        "community": "belonging to a community",
    },
    "rule": {
        "chatham_house": ", under the Chatham House rule",
        "off_the_record": ", off the record, so that no file was taken in",
    },
    "purpose": {
        "analyse": "analysis",
        "quote_research": "quotation in research",
        "quote_practice": "quotation in practice publications",
        "archive": "archiving",
    },
    "role": {
        "intake": "intake",
        "assistant": "assistant",
        "investigator": "investigator",
        "ethics": "ethics officer",
    },
    "anchor": {
        "cosignature": "was signed by somebody outside",
        "timestamp": "was given a time stamp from outside",
        "shown": "was shown to somebody outside",
    },
    "kind": {
        EventKind.FORM: "Something about a consent form was recorded",
        EventKind.ENROL: "Somebody was entered in the list of participants",
        EventKind.CONSENT: "Something about a consent was recorded",
        EventKind.CHANGE: "A change of choices was recorded",
        EventKind.REAFFIRM: "A consent was confirmed",
        EventKind.WITHDRAW: "A withdrawal was recorded",
        EventKind.UNDO: "A withdrawal was taken back",
        EventKind.INGEST: "Material was taken in",
        EventKind.DERIVE: "Words were prepared for use",
        EventKind.RELEASE: "A data set was made",
        EventKind.SENT: "A copy was handed over",
        EventKind.OUTPUT: "A publication or other output was recorded",
        EventKind.QUOTE_APPROVAL: "An answer about a quotation was recorded",
        EventKind.ACCESS: "Protected material was opened",
        EventKind.ERASE: "Words that somebody withdrew were destroyed",
        EventKind.ERASE_ATTEST: "The destruction of words was certified",
        EventKind.ROTATE_KEY: "Who holds a key was changed",
        EventKind.BACKUP: "Something about a backup copy was recorded",
        EventKind.ANCHOR: "A dated seal was confirmed from outside",
        EventKind.POLICY: "A rule of this register was set",
        EventKind.INCIDENT: "An incident was recorded; what happened stands in the register, as recorded",
    },
}
"""Words for the values of a member, by table. What stands in no table is never said."""

_CONCERNS: tuple[Clause, ...] = (
    ("; it concerns {people participants}", "; it concerns {person participant}", ""),
    (" (session {id session})", ""),
)
SENTENCES: dict[str, tuple[Clause, ...]] = {
    "consent": (
        ("{moment at}: ", ""),
        ("{community given_by}A community ", "{person participant} ", "Somebody "),
        (
            "{is event consent}signed form {version form}",
            "{is event consent}signed a form",
            "{is event change}changed their choices",
            "{is event reaffirm}went over to form {version form}, all else unchanged",
            "{is event reaffirm}went over to a form, all else unchanged",
            "{is event decline}declined to take part",
            "{is event withdraw}withdrew and {word data data}",
            "{is event withdraw}withdrew and asks that every use be stopped",
            "{is event undo}took the withdrawal back",
            "said something about their consent, as recorded",
        ),
        (", {each reach reach}", ""),
        (", answered by {word given_by giver}", ""),
        (": {each choices choice}.", "."),
        ("{word applies applies}", ""),
    ),
    "reach": (
        (
            "{is kind study}for the whole study",
            "{is kind passage}for passage {id id}",
            "{is kind session}for session {id id}",
            "{is kind writing}for writing {id id}",
            "{is kind cycle}for cycle {id id}",
            "for a part of the study, as recorded",
        ),
    ),
    "choice": (
        (
            "{is dimension level}{word value level}",
            "{is dimension organisation}{is value named}employer may be named",
            "{is dimension organisation}employer in general terms only",
            "{is dimension credit}{is value no}no acknowledgement",
            "{is dimension credit}asks to be acknowledged",
            "{word value answer} {word dimension dimension}",
            "refuses {word dimension dimension}",
            "a choice as recorded",
        ),
        (" {word use use}", ""),
    ),
    "passage": (
        ("{moment at}: ", ""),
        ("Part of session {id session}", "Part of a session"),
        (", from {clock start_s} to {clock end_s},", ""),
        (" was marked as {word mark mark}", " was marked, as recorded"),
        (": {people participants}", ""),
        (".",),
    ),
    "form": (
        ("Form {version version}", "A consent form"),
        ("{is kind team} for the team", ""),
        (" was registered",),
        (", with {count approvals approval approvals} of an ethics board", ""),
        (".",),
    ),
    "session": (
        ("{is kind writing}Writing {id session}", "Session {id session}", "A session"),
        (" of {day day}", ""),
        (" was added",),
        (" with {count tracks recording recordings}", ""),
        ("{word rule rule}", ""),
        (".",),
    ),
    "derive": (
        ("The words of session {id session}", "The words of a session"),
        (" were prepared for {word purpose purpose}", " were prepared for use"),
        (", as everybody in it allowed at that time.",),
    ),
    "enrol": (
        (
            "{is action changed}What the list of participants says of {person participant} was corrected",
            "{person participant} came into the list of participants",
            "{people participants} stood in a list of participants that was taken in",
            "A list of participants was taken in",
        ),
        (": {count added person people} new", ""),
        (", {count changed entry entries} changed", ""),
        (".",),
    ),
    "user": (
        (
            "{is action added}Somebody of the team was given access",
            "{is action removed}Somebody of the team lost their access",
            "{is action linked}Somebody of the team was noted to be {person participant}, whose words others handle",
            "Who of the team has access was changed",
        ),
        (" as {roles roles}", ""),
        (".",),
    ),
    "log_key": (("The register's own keys were changed: from here on its dated seals are signed with new ones.",),),
    "policy": (
        (
            "The rule was set that says whose confirmations from outside count for this register: "
            "{count witnesses witness witnesses} named.",
            "The study's settings were changed: what is described in general terms, who may stay named, how long "
            "things are kept.",
        ),
    ),
    "anchor": (
        ("{moment at}: ", ""),
        ("The dated seal over the first {number size} entries ", "A dated seal "),
        ("{word kind anchor}.", "was confirmed from outside."),
    ),
    "continued": (
        ("This register continues an earlier one", ""),
        (" of {number size} entries", ""),
        ("; {count lost entry entries} of it could not be found again", ""),
        (".",),
    ),
    "incident": (
        ("{moment at}: ", ""),
        ("An incident happened or was noticed; what it was stands in the register, as recorded",),
        *_CONCERNS,
        (".",),
    ),
    "other": (("{word _kind kind}", "Something was recorded"), *_CONCERNS, (".",)),
    "mismatch": ((" Note: it stands in the register as an entry of another kind.",),),
}
"""How each ``type`` of record is told: clauses one after another. ``{form member ...}`` is a blank."""

KINDS_OF: dict[str, dict[str, str]] = {
    "consent": {str(kind): "consent" if kind is ConsentKind.DECLINE else str(kind) for kind in ConsentKind},
    "passage": {"": EventKind.CHANGE},
    "form": {"": EventKind.FORM},
    "session": {"": EventKind.INGEST},
    "derive": {"": EventKind.DERIVE},
    "enrol": {"": EventKind.ENROL},
}
"""The kind of entry that holds each type of record, by the record's ``event`` where that decides."""

PATTERNS: dict[str, str] = {
    "id": "[A-Za-z0-9_-]{1,32}",
    "person": "P[0-9]{1,6}",
    "version": "[A-Za-z0-9._-]{1,40}",
    "community": r"community(?::[\s\S]*)?",
    "day": "([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "moment": "([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    "T([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9](?:[.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})",
    "blank": "[{]([a-z]+) ([a-z_]+)((?: [a-z_]+)*)[}]",
}
"""What a value must be to be said; written so that Python and JavaScript read them alike."""

LARGEST = 1_000_000_000
"""Larger numbers are not said."""

TOLD = frozenset(SENTENCES) - {"reach", "choice", "other", "mismatch"}
"""The types of record that have a sentence of their own."""
