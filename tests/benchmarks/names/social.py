"""Noisy posts: lower case, handles, hashtags, stretched words, no punctuation, names in odd places."""

from tests.benchmarks.names.gold import Passage, Said, fill
from tests.benchmarks.names.meetings import Speech, lines

POSTS = """
omg {first} you were sooooo right about this
@{handle} thx for sharing!! so good to see {first} there
cant believe {full} said that lol
RT @{handle}: {topic} is dead, long live {topic}
just met {first} irl at the meetup :))) such a legend
{first} + {other} = dream team
shoutout to {first} n {other} for making it happen #grateful
anyone know if {first} is coming tmrw??
{first}!!!!! happy bday babe
so proud of my sis {third} today
lunch w/ {thirdfirst} and the kids, then gym
#{hashtag} is trending n i dont even care
everyone go follow @{handle} and @{handle} rn
why is {full} not on stage... smh
ngl {first} has a point
"we are not ready" - {full}
{full}, {place}. that's it that's the tweet
via {full} / {org}
huge thx to {third} who fixed my laptop in like 2 min
{first} u up?
ok but who asked {third} lmao
reading {third} again. still hits different
just saw the talk by {full} on {topic}, mind blown
hey {first} dm me pls
lol {first} no
dear {first}, it's time to let go
thinking of {thirdfirst} and fam tonight
my neighbour {third} grows the best tomatoes fr
{first}'s take on {topic} >>>>
new post by {full}: why {topic} matters
gn everyone except {thirdfirst}
{first} {other} and me on the 7am train, pray for us
miss u {thirdfirst} xx
PSA: {full} IS HIRING
welp. {third} strikes again
sooo happy for {first}, uve earned it
in the words of {third}, keep going
w/ {first} @ {place} rn
"""
PLAIN = """
soooo tired today, need coffeeee
cant wait for the weekend lol
why does {topic} take foreverrrr
good morning {place}!!
mark my words, it will rain on the parade
new blog post is up, link in bio
lmao what a game last nite
may the best team win
sunday mood: hope, grace n pancakes
idk man, just vibes
the rain in {place} is unreal rn
#mondaymotivation #blessed #nofilter
tbh the bill was way too long
ugh my phone died AGAIN
who else is watching this rn??
"""
HABITS = ("as written", "as written", "lower", "lower", "stretched", "shouted name")


class Posts(Speech):
    """Says names as people type them: without accents or capitals, stretched, as handles and hashtags."""

    def say(self, slot: str) -> Said:
        """As for meetings, with ``handle`` and ``hashtag``."""
        if slot == "handle":
            return Said(self._handle(), "HANDLE", None, ("form:handle",))
        if slot == "hashtag":
            tag = next(self.strangers).full.replace(" ", "").replace("'", "")
            return Said(tag, "HANDLE", None, ("form:hashtag",))
        said = super().say(slot)
        return self._typed(said) if said.label == "PERSON" else said

    def _handle(self) -> str:
        first, last = next(self.strangers).full.lower().replace("'", "").split()[:2]
        maker = self.rng.choice(("{0}_{1}", "{0}{1}", "the_{0}", "{0}.{1}", "{0}{2}"))
        return maker.format(first.replace("-", ""), last.replace("-", ""), self.rng.randrange(10, 99))

    def _typed(self, said: Said) -> Said:
        habit = self.rng.choice(HABITS)
        text = said.text
        if habit == "lower":
            text = text.lower() if len(text.lower()) == len(text) else text
        elif habit == "stretched" and text[-1:].isalpha():
            text += text[-1].lower() * self.rng.randrange(2, 5)
        elif habit == "shouted name":
            text = text.upper() if len(text.upper()) == len(text) else text
        return Said(text, said.label, said.participant, (*said.tags, f"typed:{habit}"))


def posts(speech: Posts, count: int) -> list[Passage]:
    """``count`` posts, three in four of which name somebody."""
    naming, plain, rng = lines(POSTS), lines(PLAIN), speech.rng
    said = []
    for _ in range(count):
        speech.here, speech.beside = rng.sample(speech.members, 2)
        said.append(fill(rng.choice(naming if rng.random() < 0.75 else plain), "en", speech.say))
    return said
