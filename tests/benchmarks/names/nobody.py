"""Talk of many kinds that names nobody of a roster: what is masked in it as somebody of the roster is a false alarm."""

import random
from collections.abc import Iterator

from tests.benchmarks.names.gold import Passage, Said, as_heard, capitalised, fill, joined
from tests.benchmarks.names.meetings import PLAIN, Speech, choices, lines
from tests.benchmarks.names.people import Somebody

DOMAINS = {
    "kitchen": """
Chop the {thing} and let it brown in butter for {num} minutes.
Add a pinch of pepper, a bay leaf and the white of one egg.
You will want to mark the crust with a fork before it rises.
The {thing} should rest on the wooden board while the pan is hot.
Stir in the {thing}, then the rice, and do not let it stick.
Grace the plate with a sprig of rosemary and a young onion.
My grandmother never wrote down how long the {thing} takes.
A small joy: warm bread, cold butter, and no hurry at all.
Sift the flour, hope for the best, and bake until golden.
The frank on the grill was done before the {thing} was.
""",
    "weather and walks": """
The rain came over the hill at dawn and stayed all summer.
We walked {num} miles along the river to the old stone bridge.
There was a long bank of cloud above the {thing}.
The park was green, the field was wet, and the {thing} was shut.
In May the roses by the wood begin to bloom.
Bring a warm coat, because the wind off the lake is bitter.
The bell rang across the valley and the birds rose at once.
The {thing} drifted down the stream until it met a fallen branch.
Mark the trail on the map before the light goes.
Will it clear by noon? The forecast says perhaps.
""",
    "hospital": """
The patient was seen on the ward and sent home with {thing}.
Dose the {thing} twice a day and check the blood pressure.
The nurse in charge will ring the bell if there is a change.
There was no mark on the skin and no pain on pressing.
Consultants and registrars met at {num} to go through the list.
She hopes to go home on Sunday, and he hopes so too.
The waiting list for {thing} has grown since the spring.
They were frank about the risk and kind about the wait.
A long stay on ward {num} costs more than care at home.
Chase the results and bill the department.
""",
    "software": """
Merge the branch, tag the release, and deploy the {thing} to staging.
The {thing} throws an exception when the cache is cold.
Will the patch land before the freeze, or do we ship without it?
Mark the ticket as blocked and ping whoever is on call.
The {thing} leaks memory after {num} requests.
Docker, Kubernetes and Kafka all restarted at the same time.
The grace period for old tokens ends in {num} days.
Rebase onto main and squash the small commits.
Hope is not a strategy, so write a test for the {thing}.
Postgres chose a bad plan and the page took {num} seconds.
""",
    "law and council": """
The bill was read a third time and passed without amendment.
Section {num} of the act applies to any {thing} on public land.
Counsel for the council objected, and the chair took the objection under advisement.
The {thing} was zoned for mixed use in the last plan.
The Minister, the Deputy Minister and the Clerk were present.
Notice is hereby given that the {thing} will close at noon.
Members rose for a moment of silence, and then business went on.
A covenant in good faith was made between the parties.
The bank may call the loan if the {thing} is sold.
The committee stands adjourned until the call of the chair.
""",
    "story": """
Once there was a young king who had no {thing} and a long road ahead.
The hunter followed the white deer into the wood until dusk.
She put the {thing} in her pocket and said nothing of it.
The miller's daughter asked the river, and the river would not say.
He had been brave in his youth and was merely careful now.
Three brothers set out, and the smallest came back with a {thing}.
By the hearth the old woman told them about the {thing} again.
The stone rolled down the hill and woke the whole village.
There was peace in the house, and a little joy, and bread.
It was the art of waiting that the fox had learned.
""",
    "sport": """
The home side scored in minute {num} and never looked back.
They chase every ball, they press high, and they run for miles.
It was a long season, and the young squad showed real grit.
The referee had a word, then a card, then a second thought.
The bill for the new stand is {num} million.
The {thing} hit the post and the whole bench rose.
A late run gave them hope, but the clock was against them.
The marathon goes past the river, through the park and up the hill.
He will be a fair bet for the final, if the knee holds.
Next Sunday the under-twelves play at the {thing}.
""",
}
THINGS = {
    "kitchen": "garlic; pumpkin; dough; stew; lentils; sauce; fish; cabbage; broth; cheese",
    "weather and walks": "boathouse; jetty; orchard; lighthouse; footpath; quarry; meadow; ferry; harbour",
    "hospital": "antibiotics; insulin; a sling; crutches; physiotherapy; an inhaler; ointment; dialysis",
    "software": "scheduler; parser; queue; gateway; importer; build server; login page; index",
    "law and council": "car park; quarry; market hall; easement; jetty; warehouse; tram depot; allotment",
    "story": "lantern; golden key; cloak; loaf; riddle; silver whistle; mirror; walnut",
    "sport": "clubhouse; crossbar; stadium; relay team; rink; training ground",
}
DOMAINS_FR = {
    "administration (fr)": PLAIN["fr"]
    + """
Veuillez remplir le formulaire et le remettre au guichet {num}.
La mairie sera fermée du lundi au mercredi, sauf urgence.
Le dossier est complet, il manque seulement une pièce justificative.
La loi prévoit un délai de {num} jours pour faire appel.
On a planté des roses, des marguerites et un petit olivier devant la salle.
Il faut avoir de la constance, de la prudence et un peu de grâce.
Le marché de Noël aura lieu place de la Victoire.
La pierre du pont vient d'une carrière près de la rivière.
""",
}
STRANGERS_ONLY = """
My neighbour {third} brought the {thing} back.
{third} and {thirdfirst} came by with some {thing}.
Have you read what {third} wrote about {topic}?
I asked {thirdfirst}, who knows about {topic}.
{thirdfirst}'s brother sells {thing} in {place}.
The letter was signed by {third} of the {org}.
"""


class Talk(Speech):
    """Puts the things of one domain into slots; names only strangers."""

    things: str = "cake; paint; firewood; flowers"

    def say(self, slot: str) -> Said:
        """As for meetings, with ``thing``."""
        return Said(self.rng.choice(choices(self.things))) if slot == "thing" else super().say(slot)


def domains(
    members: tuple[Somebody, ...], strangers: Iterator[Somebody], rng: random.Random, sentences: int
) -> dict[str, list[Passage]]:
    """Domain to texts of one to three sentences, every other one as a recogniser without capitals writes it."""
    made = {}
    for name, block in {"committee": PLAIN["en"], **DOMAINS, "strangers": STRANGERS_ONLY, **DOMAINS_FR}.items():
        talk = Talk("fr" if name in DOMAINS_FR else "en", members, strangers, rng)
        talk.things = THINGS.get(name, Talk.things)
        made[name] = _texts(talk, lines(block), sentences)
    return made


def _texts(talk: Talk, templates: list[str], sentences: int) -> list[Passage]:
    texts: list[Passage] = []
    while sum(1 for _ in texts) * 2 < sentences:
        chosen = talk.rng.sample(templates, talk.rng.choice((1, 2, 3)))
        text = joined([capitalised(fill(template, talk.language, talk.say)) for template in chosen])
        texts.append(as_heard(text) if len(texts) % 2 else text)
    return texts
