"""Committee meetings in English and French, made from templates: roll calls, motions, thanks, handing over, titles.

Slots: ``who`` (a member in any form), ``first``, ``full``, ``last``, ``other`` (another member), ``third`` and
``thirdfirst`` (somebody who is no member), ``org``, ``place``, ``role``, ``month``, ``topic``, ``num``.
"""

import random
from collections.abc import Iterator

from tests.benchmarks.names.gold import Passage, Said, capitalised, fill, joined
from tests.benchmarks.names.people import Somebody

NAMING = {
    "en": """
Thank you, {first}.
Thanks, {who}, that was really helpful.
Over to you, {first}.
I'll hand over to {who} now.
{first}, do you want to come in on this?
Could {full} please give us the treasurer's report?
Moved by {full}, seconded by {other}.
It was moved by {who} and seconded by {other} that the minutes be accepted.
Present: {full}, {other}, {third} and the clerk.
Apologies were received from {full} and {third}.
{full}? Here. {other}? Present.
I see that {first} has a hand up.
What {first} said about {topic} really stayed with me.
I agree with {who}, we should not rush {topic}.
{first}'s point about {topic} is well taken.
If we look at {full}'s paper on {topic}, the numbers are clear.
As {who} mentioned last {month}, the {org} is not ready.
Minister {last} was here in {month} and promised the same thing.
Dr {last} has the figures for {place}.
Ms {last}, you have the floor.
Mr {last} asked whether the {org} had been consulted.
Madam Chair, I yield my time to {full}.
Councillor {last} opposed, all others in favour.
Professor {last} from the {org} will join us at three.
My colleague {full}, the {role}, wrote the first draft.
We heard from {full}, who runs the {org} in {place}.
{first} and {other} will work on {topic} before {month}.
Let me pass that to {other}, because {first} has to leave early.
I had a long call with {third} from the {org} about {topic}.
My old boss {third} used to say that {topic} is never finished.
There is a woman called {third} who did exactly this in {place}.
{thirdfirst} next door told me the same about {topic}.
You should all read {third}, who wrote about {topic} years ago.
Has anybody spoken to {thirdfirst} at the {org}?
Is {first} still on the line?
{first}, you're on mute.
Sorry, {first}, I didn't mean to cut you off.
I was talking to {first} the other day about {topic}.
Not to put {first} on the spot, but the {role} should answer that.
Welcome to {full}, our new {role}.
Action for {first}: send the note on {topic} to the {org}.
Actions: {full} to draft, {other} to review, {third} to be invited.
The amendment by {who} was carried.
{who} raised a point of order.
{who} wondered if {topic} could wait until {month}.
Please email {first} or {other} if you cannot come.
So that was {first}, and next in the queue is {other}.
And then there's {first}, of course, who has done this before.
A big thank you to {first}, {other} and everyone in {place}.
Can we ask {first} to share how the pilot went in {place}?
Whatever {who} decides, the {org} has to live with it.
I worked with {full} for {num} years.
Like {first} I come from {place}.
The {role}, {full}, signed the letter.
Happy birthday, {first}!
Recorded vote: {full}, yes; {other}, no; {third}, absent.
Kia ora {first}, thanks for opening the meeting.
Between you and me, {first} was not happy with {topic}.
From the chat: {full} asks about {topic}.
{full} (by phone): I support the motion.
""",
    "fr": """
Merci, {first}.
Merci beaucoup, {who}, c'était très clair.
À toi, {first}.
Je passe la parole à {who}.
{first}, tu veux ajouter quelque chose ?
Est-ce que {full} peut nous présenter le budget ?
Proposé par {full}, appuyé par {other}.
La motion de {who} est adoptée à l'unanimité.
Sont présents : {full}, {other}, {third} et la greffière.
Se sont excusés {full} et {third}.
Je vois que {first} lève la main.
Ce que {first} a dit sur {topic} m'a beaucoup marqué.
Je suis d'accord avec {who}, il ne faut pas précipiter {topic}.
Selon {full}, {topic} prendra encore {num} ans.
Comme le disait {who} en {month}, {org} n'est pas prêt.
La ministre {last} est venue en {month} et a promis la même chose.
Madame {last}, vous avez la parole.
Monsieur {last} demande si {org} a été consulté.
M. {last} et Mme {last} sont arrivés en retard.
Le docteur {last} a les chiffres pour {place}.
Ma collègue {full}, {role}, a rédigé la première version.
On a entendu {full}, qui dirige {org} à {place}.
{first} et {other} vont travailler sur {topic} avant {month}.
J'ai eu un long appel avec {third} au sujet de {topic}.
Mon ancien chef {third} disait toujours que {topic} n'est jamais fini.
Il y a une femme qui s'appelle {third} et qui a fait la même chose à {place}.
{thirdfirst} m'a raconté la même histoire.
Est-ce que quelqu'un a parlé à {thirdfirst} ?
Est-ce que {first} est encore en ligne ?
{first}, ton micro est coupé.
Pardon {first}, je ne voulais pas te couper.
L'autre jour je discutais avec {first} de {topic}.
Bienvenue à {full}, notre {role}.
À faire : {full} rédige, {other} relit, {third} sera invitée.
{who} soulève un point d'ordre.
Écrivez à {first} ou à {other} si vous ne pouvez pas venir.
Le rapport de {who} parle surtout de {topic}.
L'idée de {first} me plaît bien.
Un grand merci à {first}, à {other} et à toute l'équipe de {place}.
Quoi que décide {who}, {org} devra vivre avec.
J'ai travaillé avec {full} pendant {num} ans.
Comme {first}, je viens de {place}.
Vote par appel nominal : {full}, pour ; {other}, contre ; {third}, absente.
Entre nous, {first} n'était pas content de {topic}.
Dans le clavardage, {full} pose une question sur {topic}.
""",
}
PLAIN = {
    "en": """
We need to look at {topic} and ask what is working for the people we serve.
The budget was cut and the team had to find another way to run the workshops.
There is a tension between the outer work of changing systems and the inner work of changing ourselves.
Our theory of change says that small experiments build the confidence to try larger ones.
I am not sure that the ministers really understand how long {topic} takes.
Will the new framework mark a shift, or is it just another white paper?
In good faith the committee went through every line of the strategy again.
The pain points we named were procurement, risk aversion and the turnover of senior leaders.
Madam Chair, members, colleagues, good morning to you all.
Order, order. The chair recognises the honourable member.
The clerk will call the roll, and the secretary will take the minutes.
The {org} gave us until {month} to respond.
In {place} they did it in {num} weeks.
That sounds great, let me share my screen.
Could everybody please go on mute?
Okay, so, moving on to item {num} on the agenda.
All those in favour? Against? Abstentions? The motion is carried.
I would say that hope is not a plan, but it helps.
May I ask for a show of hands?
The bill was read a second time and referred to a committee.
We drew a map of the whole system, from the front desk to the cabinet.
It will rain on the day of the park opening, mark my words.
Yeah, no, I think that's right, I think we have to be honest about {topic}.
Honestly, I don't know, maybe we should ask the community first.
There was joy in the room when the pilot ended.
The long and the short of it is that nobody owns {topic}.
We used Miro and Zoom for the whole thing, and it was frank and warm.
By dawn the hill was white and the rivers were brown, she said, and that is our metaphor.
The Deputy Secretary and the Director General were both invited.
Last summer the young people of {place} ran the whole programme themselves.
I think the bell means that our time is up.
We grew up near the wood, three miles from the small stone bridge.
""",
    "fr": """
Il faut regarder {topic} et se demander ce qui marche pour les gens.
Le budget a été réduit et l'équipe a dû trouver une autre façon de faire les ateliers.
Il y a une tension entre le travail sur les systèmes et le travail sur soi.
Notre théorie du changement dit que les petites expériences donnent confiance.
Je ne suis pas sûre que les ministres comprennent combien de temps prend {topic}.
Madame la présidente, chers collègues, bonjour à toutes et à tous.
La greffière fera l'appel et le secrétaire prendra les notes.
{org} nous a donné jusqu'en {month} pour répondre.
À {place}, ils l'ont fait en {num} semaines.
Super, je partage mon écran.
Vous pouvez tous couper vos micros, s'il vous plaît ?
Bon, alors, on passe au point {num} de l'ordre du jour.
Qui est pour ? Contre ? Des abstentions ? La motion est adoptée.
Franchement, je ne sais pas, il faudrait d'abord demander aux gens.
Oui, voilà, exactement, c'est bien ça.
Il y avait de la joie dans la salle à la fin du projet pilote.
Le mot de la fin, c'est que personne ne porte {topic}.
On a utilisé Miro et Zoom du début à la fin.
La sous-ministre et le directeur général étaient invités.
L'été dernier, les jeunes de {place} ont tout organisé eux-mêmes.
Une pierre blanche marque l'entrée du parc, à côté de la rivière.
Au mois de mai, on plante des roses et on parle d'espérance.
""",
}
TOPICS = {
    "en": "the policy cycle; procurement; the housing strategy; trust in our teams; the new funding model; "
    "power and participation; the pilot; evaluation; climate adaptation; the well-being budget; digital services; "
    "land back; the youth council; storytelling; the learning circles",
    "fr": "la politique du logement; les marchés publics; la confiance dans les équipes; la participation; "
    "le projet pilote; l'évaluation; la transition écologique; les services numériques; le conseil des jeunes; "
    "la réconciliation; le nouveau financement",
}
ORGANISATIONS = {
    "en": "Ministry of Health; Treasury Board; City of Riverton; Harbour Trust; Department of Education; "
    "Open Policy Lab; Northwind University; Public Service Commission; Housing Agency; Maple Foundation",
    "fr": "le ministère de la Santé; le Conseil du Trésor; la Ville de Valmont; la Fondation Érable; "
    "l'Agence du logement; l'Université du Ponant; le Laboratoire public; la Commission scolaire",
}
PLACES = {
    "en": "Wellington; Vancouver; Porirua; Dublin; Accra; Cape Breton; Whakatāne; Kamloops; Bristol; Iqaluit",
    "fr": "Montréal; Rimouski; Lyon; Dakar; Namur; Gatineau; Genève; Trois-Rivières; Moncton; Rennes",
}
ROLES = {
    "en": "deputy chair; programme lead; policy analyst; treasurer; service designer; head of policy; youth worker",
    "fr": "vice-présidente; analyste; trésorier; cheffe de projet; designer; directrice adjointe",
}
MONTHS = {
    "en": "January February March April May June September October November",
    "fr": "janvier février mars avril mai juin septembre octobre novembre",
}


def lines(text: str) -> list[str]:
    """The templates of a block, one a line."""
    return [line for line in text.strip().splitlines() if line]


def choices(text: str) -> list[str]:
    """The entries of a list written with semicolons."""
    return [entry.strip() for entry in text.split(";")]


class Speech:
    """Says names and things into slots; two members of one sentence are never the same person.

    Args:
        members: Who is there, all of the roster.
        strangers: Where third parties come from.
    """

    def __init__(
        self, language: str, members: tuple[Somebody, ...], strangers: Iterator[Somebody], rng: random.Random
    ) -> None:
        self.language, self.members, self.strangers, self.rng = language, members, strangers, rng
        self.here, self.beside = members[0], members[0]

    def sentence(self, template: str) -> Passage:
        """One template filled; every member's name in it is gold with the participant."""
        self.here, self.beside = self.rng.sample(self.members, 2)
        return capitalised(fill(template, self.language, self.say))

    def say(self, slot: str) -> Said:
        """What stands in ``slot``."""
        if slot == "who":
            forms = ("first", "first", "first", "full", "full", "alias" if self._nickname() else "first")
            slot = self.rng.choice(forms)
        if slot in ("first", "full", "last", "alias"):
            return self._named(self.here, slot)
        if slot == "other":
            return self._named(self.beside, self.rng.choice(("first", "full")))
        if slot in ("third", "thirdfirst"):
            return self._third(slot)
        return self._thing(slot)

    def _nickname(self) -> str:
        return next((alias for alias in self.here.aliases if not alias.startswith("@")), "")

    def _named(self, who: Somebody, form: str) -> Said:
        text = self._nickname() if form == "alias" else str(getattr(who, form))
        form = "one word" if " " not in who.full else form
        return Said(text, "PERSON", who.participant, (f"form:{form}", f"group:{who.group}", "whose:roster"))

    def _third(self, slot: str) -> Said:
        stranger = next(self.strangers)
        full = slot == "third" and self.rng.random() < 0.7
        form = "full" if full else "first"
        return Said(stranger.full if full else stranger.first, "PERSON", None, (f"form:{form}", "whose:third party"))

    def _thing(self, slot: str) -> Said:
        language, rng = self.language, self.rng
        if slot == "num":
            return Said(str(rng.randrange(2, 30)))
        if slot == "month":
            return Said(rng.choice(MONTHS[language].split()))
        if slot == "topic":
            return Said(rng.choice(choices(TOPICS[language])))
        lists = {"org": ORGANISATIONS, "place": PLACES, "role": ROLES}[slot]
        return Said(rng.choice(choices(lists[language])), slot.upper())


def turns(speech: Speech, count: int) -> list[Passage]:
    """``count`` turns of one to four sentences, each naming somebody in about half of them."""
    naming, plain = lines(NAMING[speech.language]), lines(PLAIN[speech.language])
    rng, said = speech.rng, []
    for _ in range(count):
        kinds = [naming if rng.random() < 0.5 else plain for _ in range(rng.choice((1, 2, 2, 3, 4)))]
        said.append(joined([speech.sentence(rng.choice(kind)) for kind in kinds]))
    return said
