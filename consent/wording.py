"""The words for values in the register, as data: a page can tell the same ones to the letter."""

from schemas.consent import Level, Permission, Use
from schemas.ledger import EventKind

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
    "voice": {
        "erase": "asks that it be deleted; the words stay",
        "keep_deidentified": "asks that it be deleted; the words stay",
        "stop": "asks that it not be used from now on; earlier permissions stand",
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
    "ended": {
        "withdrawal": ", since somebody withdrew",
        "change": ", since somebody chose something more protective",
        "mark": ", since a passage was marked",
        "retention": ", since the time for which it may be kept was over",
        "lost": ", since its files were gone",
    },
    "recall": {
        "destroyed": "says that it is destroyed",
        "refused": "refuses to destroy it",
        "no_answer": "did not answer",
    },
    "medium": {
        "paper": "A paper",
        "post": "A post",
        "recording": "A published recording",
        "talk": "A talk",
        "other": "An output",
    },
    "taken_down": {
        "removed": "was taken down",
        "edited": "was edited, so that it no longer holds what was withdrawn",
        "cannot": "cannot be taken down",
    },
    "opened": {
        "identities": "Identities of participants were opened",
        "words": "Identified words were opened",
        "recording": "A recording was opened",
    },
    "cloud": {
        "unknown": "; nobody said whether copies lie in a cloud",
        "none": "; there are no copies in a cloud",
        "deleted": "; the copies in a cloud are deleted",
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

PATTERNS: dict[str, str] = {
    "id": "[A-Za-z0-9_-]{1,32}",
    "person": "P[0-9]{1,6}",
    "version": "[A-Za-z0-9._-]{1,40}",
    "reach": "(study|cycle|session|writing|passage)(?::([A-Za-z0-9_-]{1,32}))?",
    "community": r"community(?::[\s\S]*)?",
    "day": "([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "moment": "([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    "T([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9](?:[.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})",
    "blank": "[{]([a-z]+) ([a-z_]+)((?: [a-z_]+)*)[}]",
}
"""What a value must be to be said; written so that Python and JavaScript read them alike."""

LARGEST = 1_000_000_000
"""Larger numbers are not said."""
