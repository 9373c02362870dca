"""Small word lists: titles, role words, greetings, months, frequent given names, countries."""

import re
from functools import lru_cache

from deidentification.text import is_ordinary, joined, words_in, words_set

TITLES = words_set("""
    mr mrs ms miss mx dr doctor prof professor sir dame lord lady hon honourable honorable rev reverend father
    sister mayor minister councillor counsellor senator judge justice chief president premier ambassador
    commissioner captain colonel general director monsieur messieurs madame mademoiselle mme mlle docteur
    professeur maitre maire ministre conseiller conseillere senateur senatrice juge president presidente
    directeur directrice matua whaea koro kuia
    """)
"""Forms of address, folded: what follows one is a name, and with one a made-up name would say too much."""

COURTESY = words_set("mr mrs ms miss mx dr doctor prof professor m mm mme mlle monsieur madame mademoiselle maitre me")
"""Forms of address, folded, after which any word with a capital is a name; "m" and "me" as French abbreviates them."""

ROLE_WORDS = TITLES | words_set("""
    chair chairs chairman chairwoman chairperson madam madame mister speaker clerk member members secretary vice
    deputy prime moderator host facilitator colleague colleagues friend friends committee officer manager
    coordinator mp mla mpp presidence presidente membre secretaire animateur animatrice collegue collegues ami
    amis depute deputee greffier greffiere interpreter interprete witness temoin chancellor dean provost doyen
    rector recteur team treasurer analyst tresorier tresoriere analyste cheffe adjoint adjointe notre our
    """)
"""Words that name a role, not a person, folded."""

PARTICLES = words_set(
    "de da do dos du des del della di la le les van von der den ter ten te o mac mc el al bin ben ibn st"
)
"""Small words inside names, folded."""

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

FUNCTION_WORDS = words_set("""
    is was are were do does did has have had can could would should shall when then so and but if or because maybe
    perhaps what who why how where as to of for with from by at in on est sont etait etaient quand alors et mais si ou
    parce que qui pour avec par dans sur chez
    """)
"""Small words that begin a sentence with a capital before somebody's name. Folded."""

NAMES_TOO = words_set("jesus noel christian can so do on in to at or si easter")
"""Words of these lists that are names of people too. Folded."""

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
    reo maori zealand i we he she they it im ive id ill anybody anyone somebody someone nobody noone rt hein euh
    abstentions abstention abstained against favour motion agenda minutes apologies adjourned attendance quorum seconded
    resolution unanimous unanimously presents absents adoptee adopte appuye appuyee unanimite
    """)
"""Words that name models take for persons and that are none, folded."""

PRODUCTS = words_set("""
    excel powerpoint outlook sharepoint onedrive dropbox trello asana jira confluence github gitlab gmail figma airtable
    mailchimp eventbrite qualtrics nvivo maxqda calendly wordpress squarespace salesforce hubspot tableau chatgpt
    copilot openai telegram discord webex skype facetime tiktok instagram reddit vimeo substack android iphone linux
    docker kubernetes kafka postgres mysql mongodb redis javascript typescript jupyter anaconda wikipedia amazon netflix
    spotify paypal uber airbnb tesla porsche toyota adobe photoshop acrobat firefox safari chrome bitcoin
    """)
"""Products and firms that name models take for persons. Folded."""

KIN = words_set("""
    mom mum mommy mummy mama mam momma dad daddy papa pa grandma grandpa granny nana nan grandmother grandfather
    grandmere grandpere maman mamie papi aunt auntie aunty uncle sis bro honey sweetie sweetheart darling babe baby dude
    buddy pal mate fella cherie cheri tante tonton oncle guy guys girl boy man ladies gentlemen
    """)
"""Words for relatives and endearments that name models take for names where nothing else stands beside them. Folded."""

EN_MONTHS = words_in("january february march april may june july august september october november december")
FR_MONTHS = words_in("janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre")
MONTHS = frozenset(EN_MONTHS + FR_MONTHS)
EN_SHORT_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
"""Short forms of months, folded, and which month they are, from 1."""
FR_SHORT_MONTHS = {
    "janv": 1, "fev": 2, "fevr": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
SHORT_MONTHS = frozenset(EN_SHORT_MONTHS)

LETTERED = words_set("am pm us usa uk eu un uae dc ad bc bce ie eg ps id tv ok phd md ba bsc ma msc mba rn jd llb ussr")
"""What is written with dots or in capitals and stands for nobody's name. Folded, joined."""

DISCOURSE = words_set("""
    franchement honnetement clairement evidemment effectivement justement finalement voila alors bref enfin bon
    frankly honestly clearly congratulations respectfully seriously actually anyway basically absolutely exactly
    completely apparently please sorry cheers bravo pardon cafe je tu vous
    """)
"""Discourse words that name models take for names at the start of a sentence; nobody's. Folded."""

NOBODYS = DISCOURSE | FILLERS | KIN | PRODUCTS
"""Words that are nobody's name. Folded."""

INTERJECTION = re.compile(
    r"(?:y|o+h+|o{2,}|a+h+|u+h+|u+m+|e+r+m?|e+w+|a+w+|h+m+|m+h+m*|m{2,}|w+h?o+a+h?|ya+y+|na+h+|ye+a+h*|no{2,}|(?:ho+)+|(?:ha+h?)+"
    r"|(?:he+h?)+|s+h+|u+g+h+|a+r+g+h+|wo+w+|wo{2,}(?:ho+)*|gee+z*|bo{2,}|ow+|o{2,}ps|ouch|psst|tsk|pf+t*|phew|blah|yup"
    r"|yep|nope|gosh|jeez|wha|huh|yikes|bah|ooh+)"
)
"""Sounds, as they are written down. Folded."""
_STRETCHED = re.compile(r"(.)\1{2,}")

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
    agnes alain amelie anais andre annick arnaud aurelie baptiste beatrice benedicte benoit brigitte bruno cecile celine
    chantal christelle christiane christophe claude claudine clement colette corinne cyril delphine denise didier
    dominique edith elodie elise emilie emmanuelle fabien fabienne fabrice florian franck francoise frederic frederique
    genevieve georges geraldine gerard germaine gilles ginette gregoire guillaume helene henri herve hugo ines
    jacqueline jean-luc jeanne jerome joelle josee josette josiane juliette laetitia laurence lea lionel loic lucie
    lucien ludovic maeva manon marcel marcelle marine marlene martine mathilde maxime melanie mireille monique muriel
    nadine nathalie noemie odette odile pascale patrice pauline pierrette quentin regis remi remy rene romain sabine
    sandrine sebastien serge severine simone solange stephane sylvain sylvie thibault thierry valentin veronique
    viviane xavier yannick yvette yvonne
    """)
"""Given names so frequent that they count as common words, and yet hardly ever mean anything else. Folded."""

PROPER_WORDS = words_set("""
    bo li doe paris jordan sydney chelsea austin florence dallas kingston lincoln hamilton madison brooklyn victoria
    georgia virginia savannah asia india dakota lee ali omar khan patel singh smith jones williams wilson johnson davis
    evans roberts jackson anderson martinez garcia lopez clark taylor campbell mitchell morgan murphy wong chen wang
    liu yang zhang huang tran nguyen
    """)
"""Names that are frequent words only because people and places bear them: without capitals they are names. Folded."""

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


def is_sound(word: str) -> bool:
    """Whether a folded word writes down a sound, or an ordinary word drawn out: "ooh", "noooo", "sooooo"."""
    return INTERJECTION.fullmatch(word) is not None or (undrawn(word) != word and is_ordinary(undrawn(word)))


def undrawn(word: str) -> str:
    """``word`` without the letters that draw it out ("Leonnnn" is "Leon"): three or more of one become one."""
    return _STRETCHED.sub(r"\1", word)
