"""Small word lists: titles, role words, greetings, months, frequent given names, nicknames, countries."""

from functools import lru_cache

from deidentification.text import joined, words_in, words_set

TITLES = words_set("""
    mr mrs ms miss mx dr doctor prof professor sir dame lord lady hon honourable honorable rev reverend father
    sister mayor minister councillor counsellor senator judge justice chief president premier ambassador
    commissioner captain colonel general director monsieur messieurs madame mademoiselle mme mlle docteur
    professeur maitre maire ministre conseiller conseillere senateur senatrice juge president presidente
    directeur directrice matua whaea koro kuia
    """)
"""Forms of address, folded: what follows one is a name, and with one a made-up name would say too much."""

ROLE_WORDS = TITLES | words_set("""
    chair chairs chairman chairwoman chairperson madam madame mister speaker clerk member members secretary vice
    deputy prime moderator host facilitator colleague colleagues friend friends committee officer manager
    coordinator mp mla mpp presidence presidente membre secretaire animateur animatrice collegue collegues ami
    amis depute deputee greffier greffiere interpreter interprete witness temoin chancellor dean provost doyen
    rector recteur team
    """)
"""Words that name a role, not a person, folded."""

PLACEHOLDERS = words_set("""
    unknown unidentified anonymous unnamed named nobody somebody someone participant participants person persons
    people speaker speakers voice voices guest guests user users caller callers call in phone room table group
    audience attendee attendees panel panellist panelist host hosts cohost admin zoom teams meet iphone ipad android
    laptop computer screen camera microphone mic track channel recording interviewer interviewee respondent student
    translator interpreter captioner note taker notetaker me you all inconnu inconnue anonyme personne participante
    intervenant intervenante voix invite invitee utilisateur utilisatrice salle groupe organisation organization role
    place date age contact link other redacted masked removed withheld inaudible crosstalk the a an of and one two
    three left right level gap pseudonym
    """)
"""Words of which labels of voices are made that name nobody ("Speaker 2", "Room 4", "Guest"). Folded."""

COMPANY_WORDS = words_set("""
    council city town office department ministry agency government university college school trust society association
    foundation institute centre center library service services company inc ltd team board bureau ville ministere
    universite agence conseil phd md msc ma ba he him his she her hers they them theirs il elle iel
    """)
"""Words of employers, degrees and pronouns that stand beside names in labels of voices. Folded."""

FILLERS = words_set("""
    okay ok yeah yes no hi hello hey thanks thank you kia ora koutou tena koe bonjour merci salut bienvenue oui
    non welcome morning afternoon evening good guys folks everyone everybody zoom teams miro mural kumu slack
    youtube google internet covid mentimeter whatsapp facebook linkedin twitter medium um uh mm mhm hmm er ah oh
    well so and but right god jesus christ lord dear monday tuesday wednesday thursday friday saturday sunday
    lundi mardi mercredi jeudi vendredi samedi dimanche christmas easter noel english french francais anglais
    reo maori zealand i we he she they it im ive id ill
    """)
"""Words that name models take for persons and that are none, folded."""

EN_MONTHS = words_in("january february march april may june july august september october november december")
FR_MONTHS = words_in("janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre")
MONTHS = frozenset(EN_MONTHS + FR_MONTHS)

DISCOURSE = words_set("""
    franchement honnetement clairement evidemment effectivement justement finalement voila alors bref enfin bon
    frankly honestly clearly congratulations respectfully seriously actually anyway basically absolutely exactly
    completely apparently please sorry cheers bravo pardon cafe je tu vous
    """)
"""Discourse words that name models take for names at the start of a sentence; nobody's. Folded."""

GREETING_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "nga mihi nui", "nga mihi", "kia ora koutou katoa", "kia ora koutou", "kia ora", "tena koutou katoa",
        "tena koutou", "tena koe", "ata marie", "po marie", "haere mai", "ka kite ano", "ka kite", "mauri ora",
    )
)  # fmt: skip
"""Greetings whose words are names elsewhere (Mihi, Ora, Marie): nobody's only where the whole phrase is said."""

STREETS = words_set("""
    street st road rd avenue ave lane hill drive crescent terrace boulevard blvd square parade highway quay rue chemin
    """)
"""What the name of a street ends or begins with. Folded."""

GREETINGS = words_set(
    "thanks thank hi hello hey dear ask asked asking tell told merci bonjour salut bonsoir bienvenue cher chere"
)
TELLING = words_set("""
    said says thinks thought mentioned asked asks told tells wrote writes explained suggested noted wants wanted is was
    has had does did works worked would could should might also just talked spoke raised brought dit disait pense
    pensait demande propose explique raconte est etait avait travaille parle
    """)
"""What follows a name at the start of a sentence."""

NOT_AFTER_NAMES = words_set("""
    i you we they he she it this that these those the a an my your our his her their its there here be not to of for in
    on at with as all any anyone anybody everyone everybody somebody someone people things no some every each what who
    how where up down out well sure je tu il elle on nous vous ils elles le la les un une des du de que qui ce cette
    """)
"""What follows an ordinary word rather than a first name at the start of a sentence ("Will you", "Mark the")."""

GIVEN_NAMES = words_set("""
    aaron adam adrian alan albert alex alexander alexandra alice alison allison amanda amy andrea andrew andy
    angela anna anne annie anthony antoine arthur barbara ben benjamin beth bob brandon brenda brian bruce bryan
    cameron carl caroline catherine charles charlie charlotte chloe chris christina christine christopher cindy
    claire colin connor craig cynthia dan daniel danielle danny dave david deborah debbie denis dennis diane
    diana donald donna dorothy doug douglas dylan eddie edward elizabeth ellen emily emma eric erin ethan eva
    evan evelyn fiona francois fred gabriel gary geoffrey george gerald gordon graham greg gregory hannah harry
    heather helen henry howard hugh ian isabelle jackie jacob jacques jamie jane janet jason jeff jeffrey jen
    jennifer jenny jeremy jerry jess jesse jessica jill jim jimmy joan joanna joe joel john johnny jon jonathan
    jose joseph josh joshua juan judith judy julia julian julie julien justin karen kate katherine kathleen
    kathy katie keith kelly ken kenneth kevin kim kyle larry laura lauren laurent laurie leah leo leon leonard
    leslie lewis liam linda lisa liz louis louise lucas lucy luke lynn madeleine maggie marc marcus margaret
    maria marie marilyn marion martha martin mary mathieu matt matthew maurice megan melissa michael michel
    michelle mike mohammed monica nancy naomi natalie nathan neil nicholas nick nicolas nicole nigel nina noah
    oliver olivia olivier oscar pamela patricia patrick paul paula peter phil philip philippe phillip rachel
    ralph rebecca richard rick robert robin roger ron ronald rosemary ross roy russell ruth ryan sally sam
    samantha samuel sandra sara sarah scott sean sebastian sharon shaun sheila shirley simon sophie stephanie
    stephen steve steven stuart susan suzanne sylvia ted teresa terry theo theresa thomas tim timothy tina todd
    tom tommy tony tracy travis trevor tyler valerie vanessa veronica vincent virginia walter wayne wendy
    william yves zoe
    """)
"""Given names so frequent that they count as common words, and yet hardly ever mean anything else. Folded."""

PROPER_WORDS = words_set("""
    bo li doe paris jordan sydney chelsea austin florence dallas kingston lincoln hamilton madison brooklyn victoria
    georgia virginia savannah asia india dakota lee ali omar khan patel singh smith jones williams wilson johnson davis
    evans roberts jackson anderson martinez garcia lopez clark taylor campbell mitchell morgan murphy wong chen wang
    liu yang zhang huang tran nguyen
    """)
"""Names that are frequent words only because people and places bear them: without capitals they are names. Folded."""

_NICKNAMES = words_in("""
    abigail:abby,gail alexander:alex,sandy alexandra:alex,sandra,lexi andrew:andy,drew anthony:tony benjamin:ben
    catherine:cathy,kate,cat charles:charlie,chuck christina:chris,tina christine:chris,chrissy
    christopher:chris cynthia:cindy daniel:dan,danny david:dave deborah:deb,debbie dominique:dom
    donald:don,donny dorothy:dot,dottie douglas:doug edward:ed,eddie,ted elizabeth:liz,beth,lizzie,betty,eliza
    emmanuel:manu frederick:fred,freddie gabrielle:gabby geoffrey:geoff gerald:gerry gregory:greg
    isabelle:isa,belle jacqueline:jackie james:jim,jimmy,jamie jeffrey:jeff jennifer:jen,jenny jessica:jess
    jonathan:jon joseph:joe,joey joshua:josh katherine:kate,kathy,katie,kat kathleen:kathy,kate
    kenneth:ken,kenny lawrence:larry leonard:leo,len margaret:maggie,meg,peggy,marg matthew:matt
    michael:mike,mick,mickey michelle:shelly nathaniel:nate,nathan nicholas:nick nicolas:nico pamela:pam
    patricia:pat,patty,trish patrick:pat,paddy peter:pete philip:phil raymond:ray rebecca:becky,bec
    richard:rick,dick,rich,richie robert:bob,rob,bobby ronald:ron samantha:sam samuel:sam,sammy stephanie:steph
    stephen:steve steven:steve susan:sue,susie suzanne:sue,suzy theodore:ted,theo theresa:terry,tess
    thomas:tom,tommy timothy:tim valerie:val veronica:ronnie victoria:vicky,tori vincent:vince,vinny
    william:bill,will,billy,liam zachary:zach
    """)

NICKNAMES: dict[str, tuple[str, ...]] = {
    name: tuple(shorts.split(",")) for name, shorts in (line.split(":") for line in _NICKNAMES)
}
"""Given name to its usual short forms, folded. A hit by one is never certain."""

_WIDE_PLACES = """Europe;Africa;Asia;Oceania;America;Americas;North America;South America;Latin America;Central America;
Middle East;Pacific;Caribbean;Antarctica;Arctic;Scandinavia;European Union;Afrique;Asie;Océanie;Amérique;Moyen-Orient;
Union européenne;UK;US;USA;United States;United States of America;Great Britain;Britain;England;Scotland;Wales;
Northern Ireland;Aotearoa;Aotearoa New Zealand;Angleterre;Écosse;États-Unis;Royaume-Uni;Holland;Hollande;
Czech Republic;Turkey;Russia;Korea;Ivory Coast;Global South;Global North;Turtle Island"""


@lru_cache(maxsize=1)
def wide_places() -> frozenset[str]:
    """Places at least as large as a country, in English and French, joined and folded: they are no clue."""
    from phonenumbers.geodata.locale import LOCALE_DATA

    names = {joined(name) for name in _WIDE_PLACES.split(";")}
    for languages in LOCALE_DATA.values():
        for code in ("en", "fr"):
            name = languages.get(code, "")
            names.add(joined(languages.get(name[1:], "") if name.startswith("*") else name))
    names.discard("")
    # Also the names of cities that are states: to be safe they stay clues.
    return frozenset(names - {"singapore", "monaco", "luxembourg", "gibraltar", "georgia", "jersey", "guernsey"})


def is_wide_place(surface: str) -> bool:
    """Whether ``surface`` names a country or something larger ("the" or "l'" before it does not matter)."""
    name = joined(surface)
    bare = [name] + [name[len(article) :] for article in ("the", "la", "le", "les", "l") if name.startswith(article)]
    return any(form in wide_places() for form in bare)
