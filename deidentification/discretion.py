"""Phrases by which people ask for discretion: "off the record", "don't quote me", "ça reste entre nous".

What is found is queued for a person to look at. Nothing is masked for it: what was meant stands before or after the
phrase, and only a person can tell how much of it.
"""

import re

from deidentification.spoken import Spoken
from deidentification.text import View, words_set

WHY = "the speaker asks for discretion; mark the passage if what is meant may not be used"

_NOT = r"(?:don ?t|do not|never|please not|must ?n ?t|must not|shouldn ?t|should not)"
_IT = r"(?:this|that|it|any of (?:this|that|it)|all of (?:this|that)|what i (?:just )?(?:say|said|am saying|m saying))"
_END = r"(?=[,.]| $| (?:please|to|outside|anywhere|elsewhere|because|but|or|and|ok|okay|eh|though|alright|right)\b)"
_MINUTES = r"(?:minutes|notes|transcript|transcription|record|recording|tape|summary|report|write ?up)"
_OPENING = r"(?:^|[,.]|\b(?:and|but|so|well|look|honestly|frankly|okay|ok|now|just|strictly|or|because|cause))"
_SAYING = r"(?:i|it|this|that|he|she|they|nobody|no one|my|the (?:truth|minister|council|real))\b"
_ROOM = r"(?:room|group|circle|call|meeting|zoom|space)"

_ENGLISH = [
    # off the record
    r"\b(?:off|of) the record(?= (?:please|i|we|but|and|he|she|they|it|this|that|for|now|so|because|the|okay|ok|here"
    r"|everyone|everybody|if|right|my|you|as|again|though|then|what|or|just)\b|[,.]| $)(?! the (?:player|shelf|pile))",
    r"\b(?:on or|not on but|strictly|completely|totally|purely|go|going|went|speaking|this is) off(?: the)? record\b"
    r"(?! (?:high|low|number|pace|time|breaking|label|player|deal|shop|store|compan))",
    r"\b(?:strike|cut|take|leave|keep|edit|delete|remove|scratch) (?:it|this|that|what i (?:just )?said|all of that"
    r"|my last (?:\w+)|the last (?:\w+)|my comments?|my words) (?:out of|off|from) (?:of )?(?:the |our )?"
    + _MINUTES
    + r"\b",
    # quoting and attributing
    rf"\b{_NOT} (?:\w+ )?quote (?:me|us|this|that|him|her|them|any of (?:this|that|it)|my)\b"
    r"(?! (?:a|an|any|some|the) (?:price|prices|figure|figures|rate|rates|fee|cost|number|date))",
    r"\bwithout quot(?:ing|e) (?:me|us)\b",
    r"\b(?:rather|prefer|want|like|wish|ask|asked|asking|hope)(?:\w)* (?:you )?not (?:to )?(?:be )?quote[d]?\b",
    r"\b(?:don ?t|do not|didn ?t|doesn ?t|wouldn ?t|would not) (?:really )?(?:want|like|wish) (?:this |that |it )?to "
    r"be "
    r"(?:quoted|named|cited|identified|attributed|recorded)\b",
    r"\bnot (?:to be|be) (?:quoted|attributed|repeated|recorded|published|minuted)\b" + _END,
    r"\bnot for (?:attribution|quotation|quoting|publication|circulation|broadcast)\b",
    rf"\bnot for (?:the |our )?{_MINUTES}\b",
    rf"\b{_NOT} attribute {_IT} to (?:me|us)\b",
    # between us
    rf"{_OPENING} (?:just |strictly |only )?between (?:us|ourselves|you and me|you and i)(?=[,.]| $| {_SAYING})",
    r"\b(?:just|strictly|purely|only|stays?|staying|remains?|keep(?:ing)?|kept) (?:\w+ ){0,2}?between (?:us|ourselves"
    r"|you and me|you and i|the (?:two|three|four|few) of us|friends|these (?:four )?walls)\b(?! and)",
    # keeping it
    r"\bkeep (?:this|that|it|these things|all (?:of )?this|what i \w+)(?: all| just| very)? (?:to|between|among"
    r"|amongst) "
    r"(?:yourself|yourselves|ourselves|us)\b",
    r"\b(?:please|could (?:we|you)|can (?:we|you)|would you|let ?s|must|should|to|ll|[,.]|^) keep (?:this|that|it|all "
    r"(?:of )?this)(?: all| very| strictly)? (?:confidential|private|secret|in (?:strict )?confidence|under wraps"
    r"|under your hat"
    r"|off (?:the )?record)\b",
    r"\b(?:this|that|it|everything|all this|all of this|what (?:we|i) (?:say|said|share|shared|discuss)|what ?s said"
    r"|what is said"
    r"|which)(?: here| today| now)? (?:(?:should|must|has to|have to|needs? to|will|ll|can|to|really|please) )*"
    rf"(?:stays?|remains?) (?:with)?in (?:this|the|our|these) (?:{_ROOM}|(?:four )?walls)(?=[,.]| $| (?:please|ok"
    rf"|okay|and|because|right)\b)",
    rf"\b(?:this|that|it|nothing|none of (?:this|that|it)|what (?:we|i) \w+|not|n ?t|never)(?: \w+)?(?: n?t)? (?:to "
    rf")?leaves? this {_ROOM}\b",
    r"\b(?:just |only |strictly )?for (?:your|our|these|your own) ears only\b",
    r"\bnot a word (?:of (?:this|it) )?to (?:anyone|anybody|a soul)\b",
    rf"\b{_NOT} (?:go and |ever )?(?:tell|repeat (?:this|that|it) to) (?:anyone|anybody|a soul|another soul)\b",
    r"\bmum ?s the word\b",
    r"\b(?:you|you all|you guys) (?:didn ?t|did not|never) (?:hear|heard) (?:this|that|it)(?: from me| from us"
    r"|(?=[,.]| $))",
    # rules, minutes, recordings
    r"\bchat ?ham ?(?:house ?|how ?|hows ?|has ?)?(?:s ?)?rules?\b",
    rf"\b{_NOT} (?:please )?(?:put|write|include|note|have|keep|enter) {_IT} (?:down )?(?:in|into|on) (?:the|your"
    rf"|our) {_MINUTES}\b",
    rf"\b{_NOT} (?:please )?(?:minute|transcribe|publish|repeat|print|record|note|write down|put down) {_IT}{_END}",
    rf"\b(?:shouldn ?t|should not|mustn ?t|must not|doesn ?t need to|can ?t|cannot) (?:really )?(?:be|go|end up"
    rf"|appear|show up) (?:in|into|on) "
    rf"(?:the|any|your|our) {_MINUTES}\b",
    r"\b(?:turn|switch|shut) (?:the |that |this |your )?(?:recording|recorder|tape|tape recorder) off\b",
    r"\b(?:turn|switch|shut) off (?:the |that |this |your )?(?:recording|recorder|tape|tape recorder)\b(?! (?:light"
    r"|sound|button))",
    r"(?:\b(?:you|we|please|just|to|somebody|someone|let ?s|and|or|us|maybe)|[,.]|^) (?:stop|pause|cut) (?:the |that "
    r"|this )?"
    r"(?:recording|recorder|tape)\b(?! (?:button|studio|session|artist|industry|of))",
    # confidence
    r"\b(?:tell|telling|told|say|saying|said|share|sharing|shared|speak|speaking|spoke|this is|that was|that is|that "
    r"?s|it ?s|strictly)"
    r" (?:\w+ ){0,3}?in (?:strict |strictest |total |complete )?confidence\b(?! (?:that|in|interval|level|building))",
    r"\b(?:strictly|highly) confidential\b",
    r"\b(?:this|that|it|what i (?:say|said|m saying|am saying)) ?(?:is|s|was|remains|stays) (?:all |very |really "
    r"|completely )?"
    r"(?:confidential)(?=[,.]| $| (?:please|so|but|and|of course|between|right)\b)",
    r"\bi (?:really |probably |definitely )?(?:shouldn ?t|should not|am not supposed to|m not supposed to|am not "
    r"allowed to"
    r"|m not allowed to) (?:really |probably |even )?(?:be )?(?:say|saying|tell you|telling you|share|sharing) "
    r"(?:this|any of this|that(?=[,.]| $| but))",
    r"\b(?:leave|keep) (?:my name|me|our names|us) (?:out of (?:it|this|that|the (?:\w+))|anonymous|off (?:it|this"
    r"|the (?:\w+)))\b",
    rf"\b{_NOT} (?:use|mention|put|write|print|include|give) (?:my|our) names?\b",
    r"\bwithout (?:using |mentioning |putting )?my name\b(?! (?:badge|tag|plate|card|on|in)\b)",
    r"\b(?:strictly|purely|this is|speaking|talking) on (?:deep )?background\b(?! (?:noise|music|checks?))",
]

_CA = r"(?:ca|cela|ceci|tout ca|tout cela|tout ceci|ce que (?:je|j|on|nous) \w+(?: \w+)?|cette (?:histoire|remarque))"
_PV = r"(?:comptes? ?rendus?|proces ?verbal|pv|rapport|notes|transcription|minutes)"
_FIN = (
    r"(?=[,.]| $| (?:s ?il|svp|merci|mais|et|hein|ok|d ?accord|parce|car|je|j|c|on|ca|il|elle|le|la|les|franchement"
    r"|quand|si)\b)"
)

_FRENCH = [
    r"(?:^|[,.]|\b(?:mais|et|bon|alors|bah|ben|donc|bref|la|disons|franchement|puis|euh|oui|ecoutez))"
    r" (?:juste |strictement )?entre nous(?=[,.]| $| (?:je|j|jai|c|cest|cetait|ca|cela|ce|franchement|moi|le|la|les|l"
    r"|soit|personne)\b)",
    r"\b(?:soit )?dit entre nous\b",
    r"\b(?:reste\w*|rest\w+|demeure\w*|garde\w*|strictement|juste) (?:\w+ ){0,2}?entre nous\b(?! et (?:vous|eux|elles"
    r"|les|la|le))",
    r"(?:^|[,.]|\b(?:mais|et|bon|alors|donc)) entre (?:toi|vous) et moi(?=[,.]| $| (?:je|j|c|ca|cela|le|la|les)\b)",
    r"\b(?:reste\w*|garde\w*|dit) (?:\w+ ){0,2}?entre (?:toi|vous) et moi\b",
    rf"\b{_CA} (?:ne )?(?:doit |devrait |va |peut |devra )?(?:rester|reste|restera|restent) (?:bien |strictement )?"
    r"(?:entre ces (?:quatre )?murs|entre quatre murs|dans (?:cette|la) (?:salle|piece|reunion)(?! (?:de|du|d|des"
    r"|voisine))|confidentiel\w*)",
    rf"\b{_CA} (?:ne )?(?:sort|sorte|sortira|doit pas sortir|devrait pas sortir) (?:pas )?(?:d ?ici|de (?:cette|la) "
    rf"(?:salle|piece|reunion)|de ce groupe|du groupe)",
    r"\b(?:ne |n )?(?:me|m|nous) cite[sz]? (?:surtout )?pas\b(?! (?:de|d|un|une|des|le|les) )",
    r"\bcite[sz] moi pas\b",
    r"\bpas (?:me|nous) citer\b",
    r"\bsans (?:me|nous) (?:citer|nommer)\b",
    r"\b(?:(?:veux|veut|voudrais|souhaite|souhaiterais|aimerais|aime) pas|prefer\w+(?: autant)? (?:de )?(?:ne )?pas|a "
    r"ne pas) (?:que \w+ )?"
    r"(?:(?:y )?etre (?:citee?s?|nommee?s?|identifiee?s?|enregistree?s?)|soit (?:cite|repris|enregistre)e?s?)\b",
    r"\bhors ?micro\b(?! (?:onde|informatique|ondes))",
    r"\bhors (?:du |de l |de la |de )?(?:comptes? ?rendus?|proces ?verbal|pv|enregistrement)\b",
    rf"\bpas (?:\w+ )?(?:ca |cela |ceci )?(?:pour|au) (?:le |la |les )?{_PV}\b",
    rf"\b(?:mette[sz]?|mets|mettre|note[sz]?|noter|ecri[st]|ecrive[sz]|inscri\w+|consigne[sz]?) (?:surtout )?pas "
    rf"{_CA} (?:dans|au|sur|a) (?:le |la |les |l )?{_PV}\b",
    rf"\b(?:notez|mettez|mets|note|ecrivez) pas {_CA}{_FIN}",
    r"\b(?:en|du) off(?=[,.]| $| (?:je|j|jai|c|cest|cetait|on|il|elle|ca|et|mais|la|le)\b)",
    r"\boff the record\b(?! (?:player|label|store|shop))",
    r"(?<!\ba )(?<!\bai )(?<!\bas )(?<!\bont )(?<!\bavons )(?<!\bavez )(?<!\bavait )(?<!\best )"
    r"\b(?:coupe[zr]?|coupons|arrete[zr]?|arretons|etein[ds]\w*|eteign\w*|suspen[dst]\w*|fermer?|ferme[zr]) (?:moi "
    r")?(?:l |le |la |cet |cette |ce )?"
    r"(?:l?enregistrement|enregistreur|enregistreuse|dictaphone|magneto\w*)\b",
    r"\b(?:c ?est|ca reste|reste\w*|ceci est|cela est|strictement|tres|c ?etait) (?:\w+ "
    r")?confidentiel(?:le)?(?:ment)?s?(?=[,.]| $| (?:entre|hein|mais|et|ce|je|ok|s ?il)\b)",
    r"\b(?:a titre|strictement) confidentiel(?:le)?s?\b",
    r"\b(?:dit?s?|dire|dis|raconte\w*|confie\w*|parle\w*|partage\w*) (?:\w+ ){0,3}?(?:en (?:toute )?confidence|sous "
    r"le sceau (?:du secret|de la confidence))\b",
    r"\b(?:garde[rsz]?|gardons) (?:ca|cela|le|la|ceci|tout ca|bien ca) (?:bien )?(?:pour|entre|avec) (?:toi|vous"
    r"|nous)\b",
    r"\b(?:le|la|ca) garde[rsz]? (?:bien )?pour (?:toi|vous|nous)\b",
    r"\b(?:ne )?(?:(?:le|la|l|les) )?repete[sz]? (?:surtout )?(?:pas(?: (?:ca|cela|ceci|ce que je)\b|(?=[,.]| $))|a "
    r"personne)",
    r"\b(?:ne )?pas (?:le |la )?repeter(?= (?:ca|cela|ceci|ce que|a )|[,.]| $)",
    r"\bn ?en (?:parle[sz]?|parlons|dites|dis) (?:pas )?a personne\b",
    r"\b(?:ne |n )?(?:mette[sz]|mets|cite[sz]|mentionne[sz]|donne[sz]|ecrive[sz]|utilise[sz]) pas (?:mon|notre) nom\b",
    r"\bsans (?:citer |mettre |dire |mentionner |donner |utiliser )(?:mon|notre) nom\b",
    r"\bque mon nom (?:n ?|ne )?(?:apparaisse|figure|sorte|soit (?:pas )?cite)\b",
    r"\bje (?:ne )?devrais (?:vraiment |peut etre )?pas (?:vous |te |le |l )*(?:dire|raconter|parler de) (?:ca|cela"
    r"|ceci|tout ca)\b",
    r"\bje (?:ne )?devrais (?:vraiment |peut etre )?pas (?:vous |te )?le (?:dire|raconter)\b",
    r"\b(?:vous (?:n )?avez|tu (?:n )?as|vous navez|tu nas) rien entendu\b",
]

TRIGGERS = words_set("""
    record quote quoted quoting attribution attribute attributed quotation publication circulation broadcast between
    keep keeping kept stay stays remain remains leave leaves ears word mum mums hear heard chatham chat minute minutes
    notes transcript recording recorder tape repeat repeated publish print confidence confidential say saying tell share
    sharing telling name names without background named cited identified soul anyone anybody strike recorded attributed
    minuted published
    entre dit cite cites citez citer citee cites nommer hors compte rendu pv proces rapport off enregistrement
    lenregistrement enregistreur enregistreuse enregistre enregistree enregistres nomme nommee identifie identifiee
    dictaphone magneto magnetophone confidentiel confidentielle confidentiellement confidentiels confidence sceau
    garde gardes garder gardez gardons repete repetes repetez repeter personne nom dire raconter reste rester restera
    restent sort sorte sortira sortir entendu notez mettez mets note ecrivez parler horsmicro
    """)
"""A text with none of these words holds none of the phrases: looked at first, because hardly any text does."""

_PHRASES = re.compile("|".join(f"(?:{pattern})" for pattern in (*_ENGLISH, *_FRENCH)))


def asks_for_discretion(view: View) -> list[tuple[int, int]]:
    """Where somebody asks for discretion, as ``[start, end)`` codepoints, in order; both languages are looked for."""
    if not any(token.folded in TRIGGERS for token in view.tokens):
        return []
    return list(Spoken(view).find(_PHRASES))
