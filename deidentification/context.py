"""What the words around an ordinary word say about it: asked, thanked, called on, quoted, it is somebody's name."""

import re
from collections.abc import Iterable

from deidentification.text import APOSTROPHES, View, words_set
from deidentification.words import TITLES

HESITATIONS = words_set("um umm uh uhm er erm hmm hm mm mmm mhm mmh euh heu bah hein")
VERBS_TOO = words_set("will may can mark hope trust love grant")
"""Names that are verbs too, so that "you" after one is no sign of a call ("will you", "mark you")."""
AUXILIARIES = words_set("will may can")
ADJECTIVES = words_set("""
    young brown white black green gray grey frank rich sunny long short strong small little good best wise sharp noble
    blue gold golden early late loud swift moody stern grand petit blanc brun noir legrand lebrun lenoir leblanc
    """)
"""Names that are adjectives too: before a noun they are no name ("told young people")."""

_DETERMINER = re.compile(
    r"(?:^| )(?:the|a|an|this|these|those|my|your|our|his|her|their|its|some|any|every|each|no|which|more|very"
    r"|so many"
    r"|such|le|la|les|l'|un|une|des|ce|cette|ma|mon|sa|son)$"
)
_START = re.compile(
    r"(?:^|[.:] ?)(?:(?:ok|okay|so|and|but|yes|yeah|yep|no|right|well|alright|um|uh|er|now|then|great|good"
    r"|perfect|cool"
    r"|lovely|sorry|alors|bon|oui|donc|et|voila) ?,? ?){0,3}$"
)
_GREETED = re.compile(
    r"(?:^| )(?:thanks|thank you|(?:thanks|thank you) (?:so|very) much|thanks a lot|cheers|sorry|welcome(?: back)?|hi"
    r"|hey|hello|hiya|dear|good (?:morning|afternoon|evening)|bye|goodbye|congratulations|well done|kia ora|bonjour"
    r"|bonsoir|salut|merci(?: beaucoup| bien)?|bravo|go ahead|over to you|back to you|your turn|take it away|go on"
    r"|after you|nice one|cher|chere|ki ora|tena koe|please welcome|yours is next|a toi|a vous) ?,?$"
)
_ADDRESSING = re.compile(
    r"(?:^| )(?:ask|asks|asked|asking|tell|tells|told|telling|thank|thanked|thanking|invite|invited|email|emailed"
    r"|phoned|texted|messaged|phone|introduce|introducing|introduced|met|meet|cc|remind|reminded|greet|congratulate"
    r"|let|quote|quoting|echo|echoing|remercie|remercier|appelle"
    r"|(?:talk|talked|talking|speak|spoke|speaking|spoken|listen|listened|listening|chat|chatted"
    r"|chatting) (?:to|with)"
    r"|congratulations to|(?:agree|agreed|agrees|agreeing|disagree|met|sat|worked|working|checked|along) with"
    r"|according to|happy birthday|a big thank you to|big thanks to"
    r"|(?:over|back|across|handed|handing|hand|pass|passed|passing) (?:it |this |that )?(?:back "
    r"|over )?to|next (?:up |in the queue |on the list |speaker )?is"
    r"|(?:heard|hear|hearing|email|message|question|comment|point|note|text|call|letter|apologies|regrets) from"
    r"|(?:question|message) for|(?:go|come|turn|move) to|bring in|(?:that's|it's|this is|was) from|i'm with"
    r"|have we got|do we have"
    r"|(?:moved|seconded|proposed|chaired|presented|raised|said|written|asked|amendment|motion|proposal|question"
    r"|report) by"
    r"|(?:mover|seconder|apologies|absent|present|regrets) ?[.,:]?|selon|d'accord avec|demande a|demander a|parle a"
    r"|parler a|dit a|comme (?:le )?disait|passe la parole a|parole est a|ecri(?:s|vez|re) a|grand merci a|merci a"
    r"|(?:la motion|l'idee|le rapport|la question|la proposition) de|propose par|appuye par)$"
)
_NAMED = re.compile(
    r"(?:^| )(?:(?:name is|name's|names|called|m'appelle|nom est)|(?:this is|it's|it is|c'est)(?P<says>))$"
)
_HERE = re.compile(r"(?:here|speaking|talking|calling|from|again)\b|a l'appareil")
_I_AM = re.compile(r"(?:^| )(?:i am|i'm|je suis)$")
_AND_I = re.compile(r"(?:and i|i|here|speaking|from)\b")
_FOLLOWS = re.compile(
    r"[.,]|(?:to|about|if|whether|that|for|again|but|so|who|what|how|why|when|where|because|on|in|at|from|with|as|is"
    r"|was|has|had|here|there|too|now|today|yesterday|earlier|first|next|last|really|i|i'm|i'll|i've|he|she"
    r"|they|we|it|my|the|a"
    r"|this|his|her|their|and|or|you|you're|directly|before|after|just|then|please|de|pour|que|si|et|qui|d'abord|c'est|c'etait|tu|vous|ou|est|etait|a|me|pouvez)\b"
)
_AFTER_AUXILIARY = re.compile(
    r"[.,]|(?:to|about|if|whether|that|for|again|who|how|why|on|in|at|from|with|as|what)\b|now (?:[.,]|and)"
)
_AFTER_ADJECTIVE = re.compile(
    r"[.,]|(?:to|about|if|whether|that|for|again|who|how|why|what|on|at|is|was|has|had|i|i'm|he|she|they|we|it"
    r"|you|you're"
    r"|the|his|her|said|says)\b"
)
_ADDRESSED = re.compile(
    r",? ?(?:(?:can|could|would|do|did|are|have|were|shall|may|might) (?:you|i|we)\b|can't you|go ahead|go on"
    r"|over to you"
    r"|your turn|please|take it away|unmute|jump in|come in|any (?:thoughts|comments|questions)|what do you"
    r"|what did you"
    r"|what would you|what(?:'s| is) your|what about you|how about you|how do you|how are you|are we|you're up"
    r"|you (?:go|want|wanted|said)\b"
    r"|peux-tu|pouvez-vous|tu peux|vous pouvez|vas-y|allez-y)"
)
_YOU = re.compile(
    r",? ?(?:you're|your|you (?:are|were|had|have|want|wanted|said|mentioned|go|asked|raised|talked|know)\b"
    r"|tu as|vous avez)"
)
_VERBS = (
    "said says asked asks told tells mentioned mentions suggested suggests explained explains wrote replied "
    "answered argued "
    "argues commented confirmed thinks thought reckons reckoned wonders wondered agreed agrees disagreed disagrees "
    "wants wanted knows knew told talked spoke pointed reminded volunteered insisted admitted believes"
)
_SAYS = re.compile(
    rf"(?:(?:also |then |just |already )?(?:{'|'.join(_VERBS.split())})|a dit|a demande|disait|pense|propose"
    rf"|a propose)\b"
)
_MINUTES = re.compile(
    r"(?:seconded|seconds|moved|moves|abstained|abstains|voted|votes|opposed|opposes|dissented|chaired|reported"
    r"|reports"
    r"|noted|notes|proposed|presented|requested|thanked|recommended|responded|objected|queried|apologised|apologized"
    r"|dissenting|abstaining|opposing|in favour|and i|has (?:his|her|their|just|left|joined)|had (?:a|his|her"
    r"|their)|was saying"
    r"|tabled|declared|updated|arrived|joined|left the|absent|present|excused|vote|a vote|a appuye|appuie)\b"
)
_CITED = re.compile(r"(?:and colleagues|et al|used to say|(?:seconded|moved|tabled) (?:the|it|that))\b")
_ASKING = re.compile(r"(?:^| )(?:did|does|didn't|doesn't|let)$|^\. (?:can|could|should)$")
_HAS = re.compile(r"(?:^| )(?:has|hasn't|had|hadn't)$")
_DONE = re.compile(r"(?:said|left|joined|gone|spoken|got|been|had|sent|seen|come|replied|answered|responded|voted)\b")
_IS = re.compile(r"(?:^\.|[.,]|and|if|when) (?:is|was|isn't)$")
_WHERE = re.compile(r"(?:where|who)(?: is|'s| was)$")
_ABOUT = re.compile(
    r"(?:here|there|on the (?:call|line)|online|around|joining|with us|able|ready|available|back|still)\b"
)
_GIVE = re.compile(r"(?:^| )(?:give|gave|giving|sent|send|showed|show)$")
_GIVEN = re.compile(r"(?:a|the|his|her|my|another|some)\b")
_AGREED = re.compile(r"^\. (?:ok|okay|yes|yeah|yep|right|alright|oui) ?,?$")
_ROLL = re.compile(
    r"(?:^| )(?:me and|i and)$|^[.:] (?:(?:present|attending|in attendance) ?[:,]"
    r"|(?:absent|apologies|ayes|nays|noes|regrets|abstentions) ?[:,]?)(?: \w+ ?,?(?: and)?){0,4}$"
)
_DOING = re.compile(
    r"(?:say|think|want|agree|know|come|speak|need|go|mean|like|ask|join|answer|respond|comment|add|make|take"
    r"|do|share|start|give|help|send|show|present|chair)\b"
)
_SENTENCE_END = re.compile(r"[.!?…\n;]")


def is_spoken_of(view: View, index: int) -> bool:
    """Whether the words around token ``index`` show that it is a person's name, whatever its case."""
    word, before, after = view.tokens[index].folded, _before(view, index), _after(view, index)
    if before.rpartition(" ")[2] in TITLES and not after.startswith("'"):
        return word not in AUXILIARIES or bool(_FOLLOWS.match(after))
    if _DETERMINER.search(before):
        return False
    return (
        _is_addressed(word, before, after)
        or _is_called(word, before, after)
        or _is_quoted(word, before, after)
        or _is_introduced(word, before, after)
        or _is_looked_for(word, before, after)
    )


def _is_addressed(word: str, before: str, after: str) -> bool:
    if not (_GREETED.search(before) or _ADDRESSING.search(before)):
        return False
    if word in AUXILIARIES:
        return _AFTER_AUXILIARY.match(after) is not None
    return (_AFTER_ADJECTIVE if word in ADJECTIVES else _FOLLOWS).match(after) is not None


def is_addressed(view: View, index: int) -> bool:
    """Whether "you" after a word that is no ordinary one shows that somebody is spoken to, wherever it stands."""
    after = _after(view, index)
    return _ADDRESSED.match(after) is not None or _YOU.match(after) is not None


def _is_called(word: str, before: str, after: str) -> bool:
    if not _START.search(before):
        return False
    return _ADDRESSED.match(after) is not None or (
        (word not in VERBS_TOO or after.startswith(",")) and _YOU.match(after) is not None
    )


def _is_quoted(word: str, before: str, after: str) -> bool:
    if after.startswith("'s ") and word not in AUXILIARIES:
        return word not in ADJECTIVES
    if after.startswith("'s ") or _SAYS.match(after) or _CITED.match(after):
        return True
    if _START.search(before) and _MINUTES.match(after):
        return True
    asked = _ASKING.search(before) and _DOING.match(after)
    return bool(asked or (_HAS.search(before) and _DONE.match(after)))


def _is_looked_for(word: str, before: str, after: str) -> bool:
    if _ROLL.search(before) and word not in AUXILIARIES:
        return True
    if word in ADJECTIVES:
        return False
    if after.startswith(".") and (_WHERE.search(before) or (_AGREED.search(before) and word not in AUXILIARIES)):
        return True
    asked, given = _IS.search(before) and _ABOUT.match(after), _GIVE.search(before) and _GIVEN.match(after)
    return bool(asked or (given and word not in AUXILIARIES))


def _is_introduced(word: str, before: str, after: str) -> bool:
    named = _NAMED.search(before)
    if _I_AM.search(before):
        return word not in ADJECTIVES and _AND_I.match(after) is not None
    if named is None:
        return bool(_START.search(before) and re.match(r"(?:here|speaking)(?: [.,]|$| from)", after))
    if named["says"] is not None:
        return word not in ADJECTIVES and _HERE.match(after) is not None
    return _FOLLOWS.match(after) is not None


def _before(view: View, index: int) -> str:
    """Up to six folded words before a token of its sentence, with ``.`` and ``,`` for what stands between."""
    parts: list[str] = []
    words = 0
    while words < 6:
        mark = _mark(view, index)
        if mark != "," or not (_hesitates(view, index) or _hesitates(view, index - 1)):
            parts.append(mark)
        if mark == ".":
            break
        index -= 1
        if not _hesitates(view, index):
            parts.append(view.tokens[index].folded)
            words += 1
    return _spaced(reversed(parts))


def _after(view: View, index: int) -> str:
    """Up to three folded words after a token, with ``.`` and ``,`` for what stands between and at the end."""
    parts: list[str] = []
    words = 0
    while words < 3 and index + 1 < len(view.tokens):
        index += 1
        mark = _mark(view, index)
        if mark != "," or not (_hesitates(view, index) or _hesitates(view, index - 1)):
            parts.append(mark)
        if mark == ".":
            return _spaced(parts)
        if not _hesitates(view, index):
            parts.append(view.tokens[index].folded)
            words += 1
    return _spaced([*parts, "."] if words < 3 else parts)


def _hesitates(view: View, index: int) -> bool:
    """Whether a token only fills a pause: the words on both sides of it belong together."""
    word = view.tokens[index].folded if 0 <= index < len(view.tokens) else ""
    return word in HESITATIONS or (word == "ben" and view.language == "fr" and not view.capital(index))


def _spaced(parts: Iterable[str]) -> str:
    return re.sub(r" ?' ?", "'", " ".join(part for part in parts if part))


def _mark(view: View, index: int) -> str:
    """What stands before token ``index``: an apostrophe, ``.``, ``,`` or, for a space, nothing."""
    if index == 0:
        return "."
    gap = view.gap(index)
    if gap == " ":
        return ""
    if gap in APOSTROPHES and len(gap) == 1:
        return "'"
    if ":" in gap:
        return ":"
    if _SENTENCE_END.search(gap):
        return "" if gap.strip() == "." and view.tokens[index - 1].folded in TITLES else "."
    return "," if gap.strip() else ""
