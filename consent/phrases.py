"""The sentences that tell of entries of the register, as data with blanks for the values in `consent.wording`."""

from schemas.consent import ConsentKind
from schemas.ledger import EventKind

Clause = tuple[str, ...]
"""Alternatives; the first whose blanks can all be filled is said, none if none can."""

_AT: Clause = ("{moment at}: ", "")
_CONCERNS: tuple[Clause, ...] = (
    ("; it concerns {people participants}", "; it concerns {person participant}", ""),
    (" (session {id session})", ""),
)
SENTENCES: dict[str, tuple[Clause, ...]] = {
    "consent": (
        _AT,
        ("{community given_by}A community ", "{person participant} ", "Somebody "),
        (
            "{is event consent}signed form {version form}",
            "{is event consent}signed a form",
            "{is event change}changed their choices",
            "{is event reaffirm}went over to form {version form}, all else unchanged",
            "{is event reaffirm}went over to a form, all else unchanged",
            "{is event decline}declined to take part",
            "{is event withdraw}{is use recording}withdrew their voice and {word data voice}",
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
        _AT,
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
            "{is name recovery}{is action added}The printed recovery key was made",
            "{is name recovery}{is action removed}The printed recovery key was made void",
            "{yes service}{is action added}A service that runs unattended was given access",
            "{yes service}{is action removed}A service that runs unattended lost its access",
            "{is action added}Somebody of the team was given access",
            "{is action removed}Somebody of the team lost their access",
            "{is action linked}Somebody of the team was noted to be {person participant}, whose words others handle",
            "Who of the team has access was changed",
        ),
        ("{is name recovery}", " as {roles roles}", ""),
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
        _AT,
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
        _AT,
        ("An incident happened or was noticed; what it was stands in the register, as recorded",),
        *_CONCERNS,
        (".",),
    ),
    "confirmation": (
        _AT,
        ("It was confirmed that what {person participant} withdrew", "It was confirmed that what somebody withdrew"),
        (" (entry {number withdrawal})", ""),
        (" is to be destroyed.",),
    ),
    "erasure": (
        _AT,
        (
            "{is reason retention}What {person participant} said was destroyed, since the time for which it may be "
            "kept was over",
            "{is reason retention}Speech of people whom nobody knows was destroyed, since the time for which it may "
            "be kept was over",
            "{is use recording}The voice of {person participant} was destroyed, as they had asked; the words stay",
            "{is data keep_deidentified}What {person participant} said was destroyed but for its de-identified words, "
            "as they had asked",
            "What {person participant} said was destroyed, as they had asked",
            "Words that somebody withdrew were destroyed",
        ),
        (", {each reach reach}", ", {reach reach}", ""),
        (" ({count sessions session sessions})", ""),
        ("{yes written_request}; they had asked in writing not to wait", ""),
        ("; it was removed from {count stores place places}", ""),
        (".",),
    ),
    "certificate": (
        _AT,
        ("Certificate {number number} of a destruction", "A certificate of a destruction"),
        (", of what {person participant} said,", ""),
        (" was signed.",),
    ),
    "release": (
        ("The data set {version name} was made", "A data set was made"),
        (" for {word purpose purpose}", ""),
        (", from {count sessions session sessions}", ""),
        (", with {count people participant participants} in it", ""),
        ("; it takes the place of {version follows}", ""),
        (".",),
    ),
    "release_manifest": (
        ("The manifest of the data set {version name} was recorded", "The manifest of a data set was recorded"),
        (", for whoever is given a copy.",),
    ),
    "release_ended": (
        _AT,
        ("The data set {version name} was taken away", "A data set was taken away"),
        ("{word why ended}", ""),
        ("; its counts and digests stay.",),
    ),
    "sent": (
        _AT,
        ("A copy of the data set {version release}", "A copy of a data set"),
        (" was handed over; to whom stands in the register, as recorded.",),
    ),
    "recall": (
        _AT,
        ("Whoever holds a copy of the data set {version release}", "Whoever holds a copy of a data set"),
        (" was asked to destroy it.",),
    ),
    "recall_answer": (
        _AT,
        ("Whoever was asked to destroy a copy {word answer recall}.", "An answer about a copy was recorded."),
    ),
    "output": (
        ("{word medium medium} was recorded", "A publication or other output was recorded"),
        (", published on {day published_on}", ""),
        ("; it holds words of or about {people participants}", ""),
        (".",),
    ),
    "take_down": (
        _AT,
        ("A publication {word result taken_down}.", "What became of a publication was recorded."),
    ),
    "access": (
        _AT,
        ("{word what opened}", "Protected material was opened"),
        *_CONCERNS,
        ("; why stands in the register, as recorded.",),
    ),
    "evaluation": (
        _AT,
        ("{each tally tally}", "A sample of the data set was read, to measure what was missed."),
    ),
    "tally": (
        ("A sample of the data set ({count read passage passages}) was read", "A sample of the data set was read"),
        (", to measure what was missed",),
        ("; {number identifiable} still told who somebody is", ""),
        ("; {number wrong} stood under somebody else", ""),
        (".",),
    ),
    "backup": (
        _AT,
        ("A backup was made",),
        (" when the register held {count size entry entries}", ""),
        (".",),
    ),
    "backup_destroyed": (_AT, ("It was said that no copy of a backup exists any more.",)),
    "restored": (
        _AT,
        ("The study was brought back from a backup",),
        (" made when the register held {count size entry entries}", ""),
        ("; {count applied destruction destructions} carried out on it anew", ""),
        (".",),
    ),
    "originals": (
        _AT,
        (
            "Originals of session {id session}: {number deleted} of {count files file files} confirmed deleted",
            "What became of the originals of a session was recorded",
        ),
        ("{word cloud cloud}", ""),
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
    "confirmation": {"": EventKind.ERASE_ATTEST},
    "erasure": {"": EventKind.ERASE},
    "certificate": {"": EventKind.ERASE_ATTEST},
    "release": {"": EventKind.RELEASE},
    "release_manifest": {"": EventKind.RELEASE},
    "release_ended": {"": EventKind.RELEASE},
    "sent": {"": EventKind.SENT},
    "recall": {"": EventKind.SENT},
    "recall_answer": {"": EventKind.SENT},
    "output": {"": EventKind.OUTPUT},
    "take_down": {"": EventKind.OUTPUT},
    "access": {"": EventKind.ACCESS},
    "evaluation": {"": EventKind.ACCESS},
    "backup": {"": EventKind.BACKUP},
    "backup_destroyed": {"": EventKind.BACKUP},
    "restored": {"": EventKind.BACKUP},
    "originals": {"": EventKind.INGEST},
}
"""The kind of entry that holds each type of record, by the record's ``event`` where that decides."""

TOLD = frozenset(SENTENCES) - {"reach", "choice", "tally", "other", "mismatch"}
"""The types of record that have a sentence of their own."""
