"""Phrases that ask for discretion, as people say and recognisers write them, and ordinary words that only look so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.api import find_names, redact, unite
from deidentification.discretion import WHY, asks_for_discretion
from deidentification.text import View
from schemas.consent import Level, PassageDecisions
from schemas.deidentified import Doubt
from tests.deidentification.support import (
    POLICY,
    SESSION,
    TABLE,
    decision,
    decisions,
    recognisers,
    redacted,
    session_of,
    turn,
)  # fmt: skip

ASKED = """
This is off the record.
this is off the record but the minister never read it
Can we go off the record for a minute?
Off the record, I think they will cut it.
ok so off the record they have no money left
I'd like to go off record here.
Strike that from the record, please.
can you take that out of the minutes
Please leave this out of the transcript.
let's keep that off the record
Don't quote me on that.
dont quote me on this but it was forty
don t quote me
Please do not quote me, I am not sure.
never quote him on that
You may use it without quoting me.
I'd rather not be quoted on this one.
I would prefer not to be quoted.
she asked not to be quoted
I don't want to be named in the report.
I wouldn't want that to be recorded.
That is not for attribution.
this is not for publication
Not for the minutes: the pilot failed.
not for the record
Don't attribute this to me.
Between us, I think it failed.
between us i think it failed
Well, between you and me, nobody read it.
so just between us the budget is gone
This is just between ourselves.
Let's keep it between us.
keep this between ourselves
Keep that to yourselves, please.
it stays between you and me
could you keep this confidential
Please keep that in confidence.
This stays in this room.
this should stay in this room please
What we say here stays in the room.
what's said here stays within these four walls
That must not leave this room.
nothing leaves this room
For your ears only.
Not a word of this to anyone!
please don't tell anyone
mum's the word
You didn't hear this from me.
you never heard that from me
We are under the Chatham House Rule.
chatham house rules apply today
remember its chat ham house rule
Please don't put that in the minutes.
don't write this down in the notes
do not record this please
dont publish that
don't repeat that to anybody
That shouldn't go in the minutes.
Could you turn off the recording?
can you switch the recorder off
please stop the recording
Let's pause the recording for this.
I am telling you this in confidence.
she told me in strict confidence
This is strictly confidential.
that's confidential, so be careful
this is confidential
I probably shouldn't be saying this.
I shouldn't say that, but it was him.
keep my name out of it
leave my name out of the paper
please keep me anonymous
Don't use my name.
you can use it without my name
Speaking on background only.
Entre nous, je trouve ça raté.
entre nous je trouve que c'est raté
mais entre nous c'était nul
Soit dit entre nous, personne ne l'a lu.
Que ça reste entre nous.
ça reste entre nous
cela doit rester strictement entre nous
gardons ça entre nous
Entre vous et moi, le budget est mort.
Ça ne sort pas de cette salle.
ça ne doit pas sortir d'ici
ce qu'on dit ici doit rester confidentiel
Ça reste entre ces murs.
Ne me citez pas.
ne me citez pas là-dessus
me cite pas s'il te plaît
Ne me cite surtout pas !
merci de ne pas me citer
vous pouvez l'utiliser sans me nommer
je préfère ne pas être cité
je ne veux pas être citée
je voudrais pas être enregistrée
Hors micro, je vous dirai autre chose.
je le dirai hors micro
Pas pour le compte rendu.
ce n'est pas pour le compte-rendu
ne mettez pas ça au compte rendu
ne notez pas ça s'il vous plaît
hors procès-verbal, on a échoué
je vous le dis en off
en off, c'est fini
coupez l'enregistrement
tu peux arrêter l'enregistrement ?
on peut couper lenregistrement
éteignez le dictaphone
c'est confidentiel
ça reste confidentiel, hein
à titre confidentiel
je vous le dis en confidence
il me l'a dit sous le sceau du secret
gardez ça pour vous
garde-le pour toi
ne répétez pas ça
ne le répète à personne
n'en parlez à personne
ne mentionnez pas mon nom
sans citer mon nom
je préfère que mon nom n'apparaisse pas
je ne devrais pas vous le dire
je devrais pas dire ça
vous n'avez rien entendu
""".strip().splitlines()

ORDINARY = """
He put the needle on the off the record player shelf.
We bought it off the record player people.
they turned off the record player
The off the record store on Main Street closed.
It was off the record label's books.
Prices came off record highs last year.
The difference between us and them is money.
there is a gap between us and the council
between us and the ministry there are four layers
Between us we have forty years of experience.
The agreement was between the two of them.
The distance between you and me on this is small.
Don't quote me a price before you see the boat.
The supplier could not quote us a figure.
He was quoted in the paper last week.
I quote the minister whenever I can.
They asked for three quotes.
We keep it on the shelf between the binders.
Keep this for next week.
keep it up
We should keep that idea.
They keep themselves to themselves.
The projector stays in the meeting room next door.
She stays in this room when she visits us.
I stayed in that hotel.
He left this room an hour ago.
Chatham House published a paper on ferries.
We met in Chatham, then at the house.
The house rules are on the door.
What do the minutes of the last meeting say?
It took ten minutes.
The minutes are not ready for approval.
Please record your hours every day.
We keep a record of every complaint.
Turn off the lights when you go.
turn off your camera if the line is slow
please mute your microphone
the recording is on the website
we stopped by the recording studio
they stop the recording industry from growing
I have confidence in the team.
We need to build confidence in confidence intervals.
Trust and confidence grew.
The confidential hotline has a new number.
My name is on the list without my name badge.
We share this with every region.
Tell anyone who asks that we are open.
Nobody told us about the ferry.
Did you hear that from me or from her?
I hear that a lot.
a word to everyone about lunch
I should say this again: the pilot worked.
We shouldn't say that public servants are slow.
Background noise was a problem.
La différence entre nous et vous est claire.
entre nous et vous il y a un fleuve
Il y a un fossé entre nous et la mairie.
entre nous tous on y arrivera
entre nous il y a une grande différence
La réunion entre nous deux est demain.
On travaille entre nous depuis dix ans.
Le compte rendu est en ligne.
je n'ai pas lu le compte rendu
ce n'est pas dans le compte rendu de mars
Le micro est coupé.
ton micro est fermé
il a arrêté l'enregistrement à midi
l'enregistrement a commencé
Il ne me cite pas de chiffre.
Je cite souvent le rapport.
vous pouvez citer ce rapport
on a confiance en vous
La confidence en soi, c'est important.
le document confidentiel est dans le coffre
gardez la porte ouverte
elle garde les enfants pour nous
On répète la pièce demain.
ne répétez pas la même erreur
Personne n'en parle.
Mon nom est sur la liste.
je ne devrais pas arriver en retard
la piste est en off-road
on reste dans la salle du conseil
vous avez entendu le ministre
""".strip().splitlines()


def phrases(text: str) -> list[str]:
    return [text[start:end] for start, end in asks_for_discretion(View(text))]


@pytest.mark.parametrize("text", ASKED)
def test_a_phrase_that_asks_for_discretion_is_found(text: str) -> None:
    assert phrases(text)


@pytest.mark.parametrize("text", ASKED)
def test_it_is_found_as_speech_recognition_writes_it(text: str) -> None:
    """No capitals, no punctuation, apostrophes lost or as blanks."""
    bare = "".join(c for c in text.lower() if c not in ".,:;!?")
    assert phrases(bare.replace("'", ""))
    assert phrases(bare.replace("'", " "))
    assert phrases(bare.replace("'", "’"))


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert phrases(text) == []


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_are_left_alone_without_capitals(text: str) -> None:
    assert phrases(text.lower().rstrip(".?!")) == []


def test_the_place_of_the_phrase_is_told() -> None:
    assert phrases("We met. Don’t quote me on that, it was forty.") == ["Don’t quote me"]


@given(st.text(max_size=60), st.sampled_from(ASKED), st.text(max_size=60))
def test_offsets_stay_inside_any_text(before: str, phrase: str, after: str) -> None:
    text = f"{before}\n{phrase}\n{after}"
    for start, end in asks_for_discretion(View(text)):
        assert 0 <= start < end <= len(text)


def test_it_is_queued_for_review_and_nothing_is_masked() -> None:
    session = redacted("We met. This is off the record: the pilot failed.", "We met again.")
    (found,) = session.review
    assert (found.utterance, found.start_char, found.doubt, found.why) == ("u1", 8, Doubt.DISCRETION, WHY)
    assert [u.text for u in session.utterances] == [
        "We met. This is off the record: the pilot failed.", "We met again.",
    ]  # fmt: skip


def test_what_is_withheld_anyway_is_not_queued() -> None:
    marked = PassageDecisions(start_s=1000.0, end_s=1999.0, decisions={"P01": decision("P01", Level.WITHHELD)})
    turns = session_of(turn(1, 0, "This is off the record."), turn(2, 0, "Between us, it failed."))
    found = find_names(turns, SESSION, TABLE, POLICY, recognisers())
    session = redact(turns, found, unite([found]), decisions(passages=(marked,)), SESSION, TABLE, POLICY)
    assert [one.utterance for one in session.review] == ["u2"]
