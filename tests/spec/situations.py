"""Worked situations: what people said, and what follows. The reference page is made from these, and they are tests."""

from dataclasses import dataclass, field

from schemas.recording import Rule
from tests.consent.making import (
    Destroyed,
    Entry,
    Recorded,
    change,
    consent,
    decline,
    form,
    passage,
    reaffirm,
    session,
    undo,
    withdraw,
)


@dataclass(frozen=True)
class Holds:
    """What is to hold for one person, place and use.

    Attributes:
        where: A session's or passage's id; None: the whole study, from now on.
        allows: Permissions to look at, with their answers.
        analysed: Whether the words stand in the data set for analysis.
    """

    who: str
    where: str | None
    level: str
    use: str = "analysis"
    state: str = "consented"
    organisation: str | None = None
    allows: dict[str, str] = field(default_factory=dict)
    quoted: bool | None = None
    analysed: bool | None = None
    credit: str | None = None


@dataclass(frozen=True)
class Situation:
    """A story, what the register holds of it, and what follows."""

    title: str
    story: str
    entries: tuple[Entry, ...]
    holds: tuple[Holds, ...]
    to_ask: int = 0
    """How many questions stay open with the people in it."""


FORM = form()
FORM_2 = form("2026-2", not_asked=())
TEAM = form("team-1", kind="team")
MARCH = session("march", "2026-03-04T09:00-08:00", cycle="1")
APRIL = session("april", "2026-04-08T09:00-07:00", cycle="1")
MAY = session("may", "2026-05-06T09:00-07:00", cycle="2")
AUCKLAND = session("auckland", "2026-05-06T09:00+12:00", "Pacific/Auckland", cycle="2")
WORKSHOP = session("workshop", "2026-04-20")
HOUSE = session("house", "2026-04-15T09:00-07:00", rule=Rule.CHATHAM_HOUSE)
FEBRUARY = "2026-02-20T10:00-08:00"
LATE_MARCH = "2026-03-25T10:00-07:00"
LATE_APRIL = "2026-04-27T10:00-07:00"
JUNE = "2026-06-10T10:00-07:00"

SITUATIONS: tuple[Situation, ...] = (
    Situation(
        "Named, one session off the record, then “name me everywhere”",
        "P01 agrees to be named. After the April session they ask that nothing of April be used. In June they write "
        "“name me everywhere from the start”. The June sentence is wider and looser than the April one, so April stays "
        "unused, and P01 is asked whether they meant April too.",
        (
            *(FORM, MARCH, APRIL, MAY),
            consent("P01", FEBRUARY, "named"),
            change("P01", LATE_APRIL, reach="session:april", level="withheld"),
            change("P01", JUNE, applies="all", level="named"),
        ),
        (Holds("P01", "march", "named"), Holds("P01", "april", "withheld"), Holds("P01", "may", "named")),
        to_ask=1,
    ),
    Situation(
        "Named in the blog, not in the paper",
        "P02 wants the credit where colleagues read it and no name in research.",
        (FORM, MARCH, consent("P02", FEBRUARY, "pseudonym", level_practice="named")),
        (
            Holds("P02", "march", "named", use="practice", organisation="named"),
            Holds("P02", "march", "pseudonym", use="research", organisation="generalised"),
            Holds("P02", "march", "pseudonym"),
        ),
    ),
    Situation(
        "A change that tightens one thing and loosens another",
        "P03 becomes unnamed, and in the same message allows quotation in research without being asked. The first is "
        "more protective, so it holds for everything ever said; the second loosens, so it holds from then on.",
        (
            *(FORM, MARCH, MAY),
            consent("P03", FEBRUARY, "named"),
            change("P03", LATE_MARCH, level="unnamed", quote_research="yes"),
        ),
        (
            Holds("P03", "march", "unnamed", allows={"quote_research": "ask"}),
            Holds("P03", "may", "unnamed", allows={"quote_research": "yes"}),
        ),
    ),
    Situation(
        "First unnamed, later credit for past words",
        "P04 was cautious at first. In June they want their name on all they said, and to be thanked. Because they say "
        "“for everything”, the loosening reaches back.",
        (
            *(FORM, MARCH),
            consent("P04", FEBRUARY, "unnamed"),
            change("P04", JUNE, applies="all", level="named", credit="with thanks to P04"),
        ),
        (Holds("P04", "march", "named", organisation="named", credit="with thanks to P04"),),
    ),
    Situation(
        "Later loosening without “for everything”",
        "P05 was unnamed and in late March asks to be named. Nothing was said of the past, so March stays unnamed.",
        (FORM, MARCH, MAY, consent("P05", FEBRUARY, "unnamed"), change("P05", LATE_MARCH, level="named")),
        (Holds("P05", "march", "unnamed"), Holds("P05", "may", "named")),
    ),
    Situation(
        "A drop-in guest who never signed",
        "P06 joined the March call on a friend's link and spoke. Nobody had asked them.",
        (FORM, session("march", "2026-03-04T09:00-08:00", P06="guest")),
        (Holds("P06", "march", "withheld", state="not_asked", analysed=False),),
    ),
    Situation(
        "A host under the team agreement",
        "P07 hosts March and takes part in May like anybody else. They signed the team agreement only: it counts where "
        "they host, so that the questions of that session are kept, and not where they are a participant.",
        (
            *(TEAM, session("march", "2026-03-04T09:00-08:00", P07="host"), MAY),
            consent("P07", FEBRUARY, "named", form="team-1"),
        ),
        (
            Holds("P07", "march", "named", analysed=True),
            Holds("P07", "may", "withheld", state="not_asked"),
        ),
    ),
    Situation(
        "A technician who signed only the participants' form",
        "P08 signed as a participant and later helps with the sound. There the team agreement is what counts.",
        (
            *(FORM, MARCH, session("may", "2026-05-06T09:00-07:00", P08="technician")),
            consent("P08", FEBRUARY, "first_name"),
        ),
        (Holds("P08", "march", "first_name"), Holds("P08", "may", "withheld", state="not_asked")),
    ),
    Situation(
        "A session under the Chatham House Rule with a named speaker",
        "P09 is named everywhere and would be quoted anywhere. The rule of the session holds over their own choice.",
        (
            *(FORM, HOUSE),
            consent("P09", FEBRUARY, "named", quote_practice="yes", quote_research="yes", publish_recording="yes"),
        ),
        (
            Holds(
                "P09",
                "house",
                "unnamed",
                organisation="generalised",
                allows={"quote_practice": "no", "publish_recording": "no", "archive": "no", "quote_research": "yes"},
                analysed=True,
            ),
        ),
    ),
    Situation(
        "A session off the record",
        "Everybody agreed that nothing of this session leaves the room.",
        (
            FORM,
            session("closed", "2026-04-15T09:00-07:00", rule=Rule.OFF_THE_RECORD),
            consent("P09", FEBRUARY, "named"),
        ),
        (Holds("P09", "closed", "withheld", allows={"transcribe": "no"}, analysed=False),),
    ),
    Situation(
        "A change on the day of a session in another time zone",
        "The session begins in Auckland on 6 May at 09:00; in Vancouver it is 5 May, 14:00. P10 asks to be named an "
        "hour before it begins, P11 half an hour after. What counts is the moment, not the date on either calendar.",
        (
            *(FORM, AUCKLAND),
            consent("P10", FEBRUARY, "unnamed"),
            consent("P11", FEBRUARY, "unnamed"),
            change("P10", "2026-05-05T13:00-07:00", level="named"),
            change("P11", "2026-05-05T14:30-07:00", level="named"),
        ),
        (Holds("P10", "auckland", "named"), Holds("P11", "auckland", "unnamed")),
    ),
    Situation(
        "A form signed after the session, on its local day",
        "P12 signs in Vancouver on the evening of 5 May. In Auckland it is still 6 May, the day of the session, so the "
        "form covers it. P13 signs a day later.",
        (
            *(FORM, AUCKLAND),
            consent("P12", "2026-05-05T20:00-07:00", "named"),
            consent("P13", "2026-05-06T20:00-07:00", "named"),
        ),
        (Holds("P12", "auckland", "named"), Holds("P13", "auckland", "withheld", state="not_asked")),
    ),
    Situation(
        "Withdrawal and return",
        "P14 asks in late March that everything be erased, and in late April, before the date of destruction, signs "
        "again for what is to come. What they said before stays stopped.",
        (
            *(FORM, MARCH, APRIL, MAY),
            consent("P14", FEBRUARY, "named"),
            withdraw("P14", LATE_MARCH, "erase"),
            consent("P14", LATE_APRIL, "pseudonym"),
        ),
        (
            Holds("P14", "march", "withheld", state="stopped"),
            Holds("P14", "april", "withheld", state="stopped"),
            Holds("P14", "may", "pseudonym"),
        ),
    ),
    Situation(
        "A return that takes back the past, and what no return takes back",
        "P15 and P16 both withdraw and come back “for everything I ever said”. P15 had asked that April not be used, "
        "and that narrower protection still holds. P16 had been named in April alone, and that loosening does not.",
        (
            *(FORM, MARCH, APRIL),
            consent("P15", FEBRUARY, "named"),
            consent("P16", FEBRUARY, "unnamed"),
            change("P15", LATE_MARCH, reach="session:april", level="withheld"),
            change("P16", LATE_MARCH, reach="session:april", level="named"),
            withdraw("P15", LATE_APRIL, "erase"),
            withdraw("P16", LATE_APRIL, "erase"),
            consent("P15", JUNE, "first_name", applies="all"),
            consent("P16", JUNE, "pseudonym", applies="all"),
        ),
        (
            Holds("P15", "march", "first_name"),
            Holds("P15", "april", "withheld"),
            Holds("P16", "march", "pseudonym"),
            Holds("P16", "april", "pseudonym"),
        ),
        to_ask=1,
    ),
    Situation(
        "A session of which only the date is known",
        "Of the workshop nobody noted the hour. On its day P17 asks to be unnamed and P18 to be named. Doubt protects: "
        "the same day counts for the first and not for the second.",
        (
            *(FORM, WORKSHOP),
            consent("P17", FEBRUARY, "named"),
            consent("P18", FEBRUARY, "unnamed"),
            change("P17", "2026-04-20T08:00-07:00", applies="from", level="unnamed"),
            change("P18", "2026-04-20T08:00-07:00", level="named"),
        ),
        (Holds("P17", "workshop", "unnamed"), Holds("P18", "workshop", "unnamed")),
    ),
    Situation(
        "A passage off the record",
        "In March P01 says “this stays between us”. From minute 10 to 12 nothing is used, whoever speaks.",
        (
            *(FORM, MARCH),
            consent("P01", FEBRUARY, "named"),
            consent("P02", FEBRUARY, "unnamed"),
            passage("aaaaaaaaaaa1", "march", "off_the_record"),
        ),
        (
            Holds("P01", "march", "named"),
            Holds("P01", "aaaaaaaaaaa1", "withheld"),
            Holds("P02", "aaaaaaaaaaa1", "withheld"),
        ),
    ),
    Situation(
        "Not mine to tell",
        "P01 passes on a story that belongs to others. It may be counted and coded, and is never quoted.",
        (
            *(FORM, MARCH),
            consent("P01", FEBRUARY, "named", quote_research="yes"),
            passage("aaaaaaaaaaa2", "march", "not_mine"),
        ),
        (
            Holds("P01", "march", "named", allows={"quote_research": "yes"}, quoted=True),
            Holds("P01", "aaaaaaaaaaa2", "named", allows={"quote_research": "no"}, quoted=False, analysed=True),
        ),
    ),
    Situation(
        "Role-play",
        "P01 plays a sceptical minister. These are not P01's views, so they are never quoted as such.",
        (
            *(FORM, MARCH),
            consent("P01", FEBRUARY, "named", quote_practice="yes"),
            passage("aaaaaaaaaaa3", "march", "role_play"),
        ),
        (Holds("P01", "aaaaaaaaaaa3", "named", allows={"quote_practice": "no"}, quoted=False, analysed=True),),
    ),
    Situation(
        "Joint words",
        "P01 and P02 present together. P01 is named, P02 unnamed: the joint words are shown as the more protective of "
        "the two would have it. P03, who only says “thank you” in between, keeps their own level.",
        (
            *(FORM, MARCH),
            consent("P01", FEBRUARY, "named"),
            consent("P02", FEBRUARY, "unnamed"),
            consent("P03", FEBRUARY, "named"),
            passage("aaaaaaaaaaa4", "march", "joint", "P01", "P02"),
        ),
        (
            Holds("P01", "aaaaaaaaaaa4", "unnamed", organisation="generalised"),
            Holds("P02", "aaaaaaaaaaa4", "unnamed"),
            Holds("P03", "aaaaaaaaaaa4", "named"),
        ),
    ),
    Situation(
        "Reporting another person",
        "P01, who is named, recounts what P02 went through. Inside that passage P02's choices hold for whoever speaks.",
        (
            *(FORM, MARCH),
            consent("P01", FEBRUARY, "named"),
            consent("P02", FEBRUARY, "pseudonym"),
            passage("aaaaaaaaaaa5", "march", "reports", "P02"),
        ),
        (Holds("P01", "aaaaaaaaaaa5", "pseudonym"), Holds("P01", "march", "named")),
    ),
    Situation(
        "A community protocol",
        "Two passages hold knowledge of a community. For the first the community has said yes, for the second it has "
        "not answered: the speaker's own yes is not enough.",
        (
            *(FORM, MARCH),
            consent("P01", FEBRUARY, "named"),
            passage("aaaaaaaaaaa6", "march", "community", community="iwi"),
            passage("aaaaaaaaaaa7", "march", "community", community="iwi", start_s=900, end_s=960),
            consent("P01", JUNE, "first_name", reach="passage:aaaaaaaaaaa6", given_by="community:iwi"),
        ),
        (
            Holds("P01", "aaaaaaaaaaa6", "first_name"),
            Holds("P01", "aaaaaaaaaaa7", "withheld"),
            Holds("P01", "march", "named"),
        ),
    ),
    Situation(
        "Somebody declines",
        "P19 reads the form and says no.",
        (FORM, MARCH, decline("P19", FEBRUARY)),
        (Holds("P19", "march", "withheld", state="declined", analysed=False),),
    ),
    Situation(
        "A question the form never asked",
        "A row says that P20 allows archiving. Form 2026-1 never asked, so the answer is no. (Where the register can "
        "be read, the import refuses such a row.)",
        (FORM, MARCH, consent("P20", FEBRUARY, "named", archive="yes")),
        (Holds("P20", "march", "named", allows={"archive": "no", "ai_services": "no"}),),
    ),
    Situation(
        "Going over to a newer form",
        "Form 2026-2 asks about archiving. P21 goes over to it, which changes nothing else, and then allows archiving "
        "of everything.",
        (
            *(FORM, FORM_2, MARCH, MAY),
            consent("P21", FEBRUARY, "first_name", quote_research="yes"),
            change("P21", LATE_MARCH, applies="all", archive="yes"),
            reaffirm("P21", LATE_APRIL, "2026-2"),
        ),
        (Holds("P21", "march", "first_name", allows={"archive": "no", "quote_research": "yes"}),),
    ),
    Situation(
        "Going over to a newer form, then answering its new question",
        "As before, but the answer on archiving comes after the newer form, and so counts.",
        (
            *(FORM, FORM_2, MARCH),
            consent("P21", FEBRUARY, "first_name"),
            reaffirm("P21", LATE_MARCH, "2026-2"),
            change("P21", LATE_APRIL, applies="all", archive="yes"),
        ),
        (Holds("P21", "march", "first_name", allows={"archive": "yes"}),),
    ),
    Situation(
        "Stop, not erase",
        "P22 leaves in late March: what they said may be used as before, nothing that comes after. P23 leaves the same "
        "day and asks for erasure: everything is stopped at once.",
        (
            *(FORM, MARCH, APRIL),
            consent("P22", FEBRUARY, "named"),
            consent("P23", FEBRUARY, "named"),
            withdraw("P22", LATE_MARCH, "stop"),
            withdraw("P23", LATE_MARCH, "erase"),
        ),
        (
            Holds("P22", "march", "named"),
            Holds("P22", "april", "withheld", state="stopped"),
            Holds("P22", None, "withheld", state="stopped"),
            Holds("P23", "march", "withheld", state="stopped"),
            Holds("P23", "april", "withheld", state="stopped"),
        ),
    ),
    Situation(
        "Erased, and nothing brings the words back",
        "P23's words were destroyed. In June they sign again, even for everything: what is to come may be used, what "
        "was erased never returns.",
        (
            *(FORM, MARCH, session("july", "2026-07-08T09:00-07:00")),
            consent("P23", FEBRUARY, "named"),
            withdraw("P23", LATE_MARCH, "erase"),
            Destroyed(4, "2026-04-01T10:00Z"),
            consent("P23", JUNE, "named", applies="all"),
        ),
        (Holds("P23", "march", "withheld", state="erased"), Holds("P23", "july", "named")),
    ),
    Situation(
        "Keep only de-identified words",
        "P24 withdraws and lets the de-identified words stay. Once the rest is destroyed, what is left is unnamed and "
        " never quoted; until then everything is stopped.",
        (
            *(FORM, MARCH, MAY),
            consent("P24", FEBRUARY, "named", quote_research="yes"),
            withdraw("P24", LATE_MARCH, "keep_deidentified"),
            Destroyed(4, "2026-04-01T10:00Z"),
        ),
        (
            Holds(
                "P24",
                "march",
                "unnamed",
                organisation="generalised",
                allows={"quote_research": "no"},
                quoted=False,
                analysed=True,
            ),
            Holds("P24", "may", "withheld", state="stopped"),
        ),
    ),
    Situation(
        "A withdrawal taken back in time",
        "P25 withdraws in a bad week and takes it back before the date of destruction. All is as it was.",
        (
            *(FORM, MARCH),
            consent("P25", FEBRUARY, "role"),
            withdraw("P25", LATE_MARCH, "erase"),
            undo("P25", "2026-03-28T10:00-07:00"),
        ),
        (Holds("P25", "march", "role"),),
    ),
    Situation(
        "A form signed after the session",
        "P26 and P27 both sign in late March. P27's form says “including what I have said so far”; P26's does not.",
        (
            *(FORM, MARCH, APRIL),
            consent("P26", LATE_MARCH, "named"),
            consent("P27", LATE_MARCH, "named", applies="all"),
        ),
        (
            Holds("P26", "march", "withheld", state="not_asked"),
            Holds("P26", "april", "named"),
            Holds("P27", "march", "named"),
        ),
    ),
    Situation(
        "A choice for a cycle and a choice for one of its sessions",
        "P28 is named in the study, unnamed in cycle 1, and first name in the April session of that cycle. Each holds "
        "where it is the narrowest.",
        (
            *(FORM, MARCH, APRIL, MAY),
            consent("P28", FEBRUARY, "named"),
            change("P28", FEBRUARY, reach="cycle:1", level="unnamed"),
            change("P28", FEBRUARY, reach="session:april", level="first_name"),
        ),
        (Holds("P28", "march", "unnamed"), Holds("P28", "april", "first_name"), Holds("P28", "may", "named")),
    ),
    Situation(
        "A later tightening of the whole study",
        "P29 was named in the April session by an own choice. Then they become unnamed in the whole study. The later, "
        "wider choice is more protective, so it holds in April too.",
        (
            *(FORM, MARCH, APRIL),
            consent("P29", FEBRUARY, "first_name"),
            change("P29", FEBRUARY, reach="session:april", level="named"),
            change("P29", JUNE, level="unnamed"),
        ),
        (Holds("P29", "april", "unnamed"), Holds("P29", "march", "unnamed")),
    ),
    Situation(
        "One use everywhere against all uses in one session",
        "P30 is named in practice publications everywhere, and later made-up name in the April session. Neither choice "
        "is narrower than the other, so in April the more protective holds, in practice publications too.",
        (
            *(FORM, MARCH, APRIL),
            consent("P30", FEBRUARY, "unnamed", level_practice="named"),
            change("P30", FEBRUARY, reach="session:april", level="pseudonym"),
        ),
        (
            Holds("P30", "march", "named", use="practice"),
            Holds("P30", "april", "pseudonym", use="practice"),
            Holds("P30", "april", "pseudonym"),
        ),
    ),
    Situation(
        "The voice alone",
        "P31 may be named in print; in published recordings their voice is to be disguised.",
        (FORM, MARCH, consent("P31", FEBRUARY, "named", level_recording="unnamed")),
        (Holds("P31", "march", "named"), Holds("P31", "march", "unnamed", use="recording")),
    ),
    Situation(
        "No recording of the voice",
        "P32 takes part and does not want their voice recorded. March was recorded all the same: where their voice "
        "stands in the mix, it is withheld. April is known from its written transcript alone.",
        (FORM, Recorded(MARCH), APRIL, consent("P32", FEBRUARY, "first_name", record_audio="no")),
        (
            Holds("P32", "march", "first_name", allows={"transcribe": "no"}, analysed=False),
            Holds("P32", "april", "first_name", analysed=True),
        ),
    ),
    Situation(
        "A level without the permission",
        "P33 may be named and does not allow analysis. The level is what was chosen; the words are not used.",
        (FORM, MARCH, consent("P33", FEBRUARY, "named", analyse="no")),
        (Holds("P33", "march", "named", allows={"analyse": "no"}, analysed=False),),
    ),
    Situation(
        "The employer follows the level, unless something was said",
        "P34 said nothing of their employer and becomes unnamed later; P35 is unnamed and lets the employer be named.",
        (
            *(FORM, MARCH),
            consent("P34", FEBRUARY, "named"),
            change("P34", LATE_MARCH, level="unnamed"),
            consent("P35", FEBRUARY, "unnamed", organisation="named"),
        ),
        (
            Holds("P34", "march", "unnamed", organisation="generalised"),
            Holds("P35", "march", "unnamed", organisation="named"),
        ),
    ),
)
