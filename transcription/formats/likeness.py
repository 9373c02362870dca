"""Whether what stands before a colon is more likely somebody's name or the beginning of a sentence."""

import re

from transcription.names import TITLES

BRACKETED = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
APART = re.compile(r"\s+[-–—/@•]\s+|\s*\|\s*")
"""What sets an organisation or pronouns apart from a name."""
EDGES = ".,;:!?…'\"’‘“”„«»*~#@_-–—/\\()[]{}"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTICLES = _words(
    """
    of the and from at for et und y e i de du des del della di da dos das do la le les el al van von der den ter zu zur
    bin bint ibn af av à aux chez
    """
)
"""Small words that stand in lower case between the capitals of a name."""
ORDINARY = _words(
    """
    a about after again all also always am and another any anyway are as ask asked at attention be because been
    before both but by case caution concern could day did different does each end especially every example fact
    facts few final finally first for from get goal good had has have he hello hence her here hey hi his
    hopefully how however i'd i'll i'm i've idea if important in instead is issue issues it its just kind know
    last later least less let lets like line list look main maybe meaning meanwhile message more most much my
    namely never new next no note notes nothing now number of oh ok okay on one only option options or other our
    out over part people place plan please point points problem problems question questions quick quote reason
    reasons remember reminder result results right rule rules said same saw say saying says second see she
    should simple simply since sixth so some someone something sometimes step steps still story such summary
    sure tell than thank thanks that the their them then there therefore these they thing things think third
    this those thought three thus time times to today told tomorrow too topic two type uh um under until up
    update us version very was way ways we week well were what when where whether which while who why with word
    words would year years yes yesterday yet you your fourth fifth four five six seven eight nine ten answer
    answers actually advice background basically besides called chapter correction disclaimer figure item items
    section task warning laughter laughs laughing applause music silence inaudible crosstalk unclear pause cough
    sighs alors aussi autre avant avec bien bref cas ce cela ces cet cette chose choses comme conclusion dans
    deux deuxième dit donc elle encore enfin ensuite est et exemple fait ils ici là les leur mais même merci mes
    mot moi non nos notre nous ou où oui par parce pas petit peu plus pour pourquoi premier première problème
    puis quand que quel quelle qui quoi rappel raison remarque rires réponse résultat ses sont sur ton toujours
    tout toute trois troisième très un une voici voilà votre vous así bueno como cosa cosas cuando dos ejemplo
    entonces es eso esto gracias hay importante más nota nuestro otra otro para pero por porque pregunta primero
    recuerda recuerden respuesta segundo ser sí también tres una uno aber achtung antwort auch beispiel
    beispiele danke das dass dann denn dinge drei eine einen einer eins erstens frage für gut hier ich ist ja
    jetzt mein nein nicht noch nun oder schritt sind und weil wenn wichtig wir zwei zweitens zum
    """
)
"""Words that speech has before a colon. Left out: those that are also somebody's whole name (An, Do, Le, Son)."""


def name_like(label: str) -> bool:
    """Whether a label is more likely somebody's name than the beginning of a sentence; in doubt, a name."""
    words = words_of(label)
    if len(words) < 2:
        return not words or len(words[0]) == 1 or not _ordinary(words[0])
    shouted = all(word.isupper() for word in words)
    small = PARTICLES if words[0][:1].isupper() and not shouted else frozenset()
    plain = [word for word in words if shouted or word[:1].islower()]
    text = any(_ordinary(word) for word in plain if word not in small)
    return not text and not all(_ordinary(word) for word in words)


def full_name_like(label: str) -> bool:
    """Whether a label is name-like and of two words or more, all but small ones with capitals (where there are any)."""
    words = [word for word in words_of(label) if word not in PARTICLES]
    return len(words) > 1 and not any(word[:1].islower() for word in words) and name_like(label)


def is_short(word: str) -> bool:
    """Whether a full stop after this word is that of a title, an initial or a short form (Dr. J. St. Assoc.)."""
    short = 0 < len(word) <= 4 and word[:1].isupper() and not _ordinary(word)
    return short or (len(word) == 1 and word.isalpha()) or word.casefold() in TITLES


def bare(label: str) -> str:
    """A label without brackets and what is set apart after the name."""
    return APART.split(BRACKETED.sub(" ", label))[0].strip() or label


def words_of(label: str) -> list[str]:
    """The words of a name; marks that are no letters stay in them, as vowel signs of many scripts are."""
    words = [word.strip(EDGES) for word in bare(label).split()]
    return [word for word in words if any(letter.isalpha() for letter in word)]


def _ordinary(word: str) -> bool:
    folded = word.casefold().replace("’", "'")
    stem = folded.split("'")[0]
    return folded in ORDINARY or (len(stem) > 1 and stem in ORDINARY)
