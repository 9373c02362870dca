"""Which name model finds how many people, at what cost: the packaged ones, small and with vectors, and any other.

    python -m tests.benchmarks.bench_name_models [--language en|fr] [--model PACKAGE|FOLDER ...] [--json]

The sentences are made up, and so are the people: 300 a language, half of them in the voice of a meeting, from templates
of which some name one person, some two, some nobody. Names are English, French, Māori, Indigenous, Indian, Chinese,
Slavic and African ones. Each is written as typed and once more without capitals and punctuation, as some transcripts
are. *Covered*: every letter of a person is inside persons found. *False*: persons found that touch none. Memory is that
of one spaCy model in a process of its own, speed the median of three goes. ``all`` is the whole search for names, with
Rampart, patterns and rules, without a roster; ``alone`` and ``with_rampart`` are the models' bare findings.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from deidentification.find import Recognisers, Roster, find_in_texts
from deidentification.recognizers.model_files import installed
from deidentification.recognizers.ner import MODELS, SpacyNames, find_model
from schemas.deidentified import Label

Gold = list[tuple[int, int]]
FIRST = {
    "en": "Marisol Tobias Hinewai Rangi Anjali Wei Oluwaseun Ottoline Declan Svetlana Keziah Grace Will Mark Amara "
          "Takoda Nizhoni Priya Dmitri Bronwyn Siobhan Tama Aroha Kwame Rosalind Hiroshi Fatima Jasper Winona Edda",
    "fr": "Amélie Thibault Solange Jean-Luc Marie-Ève Bastien Océane Fatoumata Rémi Geneviève Étienne Maïka Loïc "
          "Ninon Ariane Benoît Clémence Mamadou Josée Gaétan Anaïs Pierre Rose Olivier Marc Nadège Yves Aurélie Luc",
}  # fmt: skip
LAST = {
    "en": "Vega Renwick Parata Ngata Krishnan Zhang Adeyemi Bracegirdle Okonkwo Petrova Brown Young Whitehorse Begay "
          "Sundar Volkov Llewellyn O'Rourke Te-Rangi Mensah Thistlewood Tanaka Haddad Larkspur Redcloud Quist Hale",
    "fr": "Tremblay Fontanel Bélanger Charbonneau Desrosiers Diallo Lévesque Gauthier Picard Awashish Niquay Moreau "
          "Lemaire Rousseau Beaulieu Traoré Ouellet Petit Blanc Roy Dupuis Vaillancourt N'Diaye Chevalier Gagnon",
}  # fmt: skip
TEMPLATES = {
    "en": """
        And then {f} said we should slow down.|I think {f} {l} has done this before, in the north.|Thanks, {f}.
        So, um, {f}, do you want to go first?|My colleague {f} {l} wrote that report.
        That was what {l} argued last year.|{f} and I met the council about it.
        We asked {f} {l} and {g} {m} to join the call.
        As {f} put it, trust is slow.
        Can you hear us, {f} {l}?|It was {g}'s idea, not mine.|Professor {l} reviewed the draft in March.
        I was talking to {f} the other day about budgets.|The minister, {f} {l}, never answered our letter.
        {f} {l} from the harbour team will take notes.|Yeah, I agree with {g} there, mostly.
        Okay so the ferry was late again.|We never had a budget for that, honestly.|Will the white paper mark a change?
        What is working is the weekly check-in.|The council said it would look into housing.|You know, it depends.
        Thank you, Madam Chair, and good morning everyone.|Let us go back to the theory of change.
        People in the north were angry about the buses.|I hope the minister will say so by May.|Right, exactly.
        That is the young people's programme, not ours.|Then we ran the workshop in Miro and it froze.
        Participants told us that the form was too long.""",
    "fr": """
        Et puis {f} a dit qu'il fallait ralentir.|Je pense que {f} {l} a déjà fait ça, dans le nord.|Merci, {f}.
        Alors, euh, {f}, tu veux commencer ?|Ma collègue {f} {l} a écrit ce rapport.
        C'est ce que {l} défendait l'an dernier.|{f} et moi avons rencontré le conseil.
        On a invité {f} {l} et {g} {m} à se joindre à nous.
        Comme disait {f}, la confiance est lente.|Vous nous entendez, {f} {l} ?|C'était l'idée de {g}, pas la mienne.
        La professeure {l} a relu le texte en mars.|Je parlais à {f} l'autre jour des budgets.
        La ministre, {f} {l}, n'a jamais répondu.
        {f} {l} de l'équipe du port prendra des notes.|Oui, je suis d'accord avec {g} là-dessus.
        Bon, le traversier était encore en retard.|On n'a jamais eu de budget pour ça, franchement.|Ça dépend, tu sais.
        Ce qui marche, c'est le point de chaque semaine.|Le conseil a dit qu'il regarderait la question du logement.
        Merci, Madame la Présidente, et bonjour à toutes et à tous.|Revenons à la théorie du changement.|Voilà, exact.
        Les gens du nord étaient en colère à cause des bus.|J'espère que la ministre le dira avant mai.
        C'est le programme des jeunes, pas le nôtre.|Ensuite on a fait l'atelier dans Miro et ça a gelé.
        Les participants nous ont dit que le formulaire était trop long.""",
}
SENTENCES = 300


def made(language: str) -> list[tuple[str, Gold]]:
    """Sentences with the places of the people in them, always the same."""
    pick = random.Random(7)  # noqa: S311 - no secret
    lines = [" ".join(one.split()) for one in "|".join(TEMPLATES[language].strip().splitlines()).split("|")]
    first, last = FIRST[language].split(), LAST[language].split()
    return [_filled(lines[n % len(lines)], pick.sample(first, 2), pick.sample(last, 2)) for n in range(SENTENCES)]


def _filled(template: str, first: Sequence[str], last: Sequence[str]) -> tuple[str, Gold]:
    names = {"{f} {l}": f"{first[0]} {last[0]}", "{g} {m}": f"{first[1]} {last[1]}", "{f}": first[0], "{l}": last[0]}
    names["{g}"] = first[1]
    text, gold = template, []
    while "{" in text:
        at = text.index("{")
        slot = next(slot for slot in names if text.startswith(slot, at))
        text = text[:at] + names[slot] + text[at + len(slot) :]
        gold.append((at, at + len(names[slot])))
    return text, gold


def bare(text: str) -> str:
    """A text without capitals and punctuation, each letter at its place."""
    return "".join(c.lower() if c.isalnum() or c in "'- " else " " for c in text)


def scores(texts: Sequence[str], golds: Sequence[Gold], found: Sequence[Gold]) -> dict[str, float]:
    """Share of people covered, and persons found that are nobody, per 1,000 words."""
    covered = false = 0
    for text, gold, spans in zip(texts, golds, found, strict=True):
        inside = {i for start, end in spans for i in range(start, end)}
        covered += sum(all(i in inside or not text[i].isalnum() for i in range(*one)) for one in gold)
        false += sum(not any(start < stop and at < end for at, stop in gold) for start, end in spans)
    words = sum(len(text.split()) for text in texts)
    return {
        "covered": round(covered / sum(map(len, golds)), 3),
        "false_per_1000_words": round(1000 * false / words, 2),
    }


def measure(language: str, model: str) -> dict[str, object]:
    """All figures of one model; in a process of its own, so that its memory is its own."""
    process = psutil.Process()
    import spacy  # noqa: F401 - what every stack has does not count

    before = process.memory_info().rss
    spacy_model = SpacyNames(language, ((language, model),))
    result: dict[str, object] = {"language": language, "model": spacy_model.version}
    texts, golds = (list(column) for column in zip(*made(language), strict=True))
    words = sum(len(text.split()) for text in texts) * 4
    speed = statistics.median(_seconds(lambda: spacy_model.find(texts * 4)) for _ in range(3))
    result["memory_mb"] = round((process.memory_info().rss - before) / 2**20)
    result["disk_mb"] = round(_bytes(find_model(language, ((language, model),)).folder) / 2**20)
    from deidentification.recognizers.rampart import Rampart

    rampart = Rampart()
    together = Recognisers((spacy_model, rampart))
    both = statistics.median(
        _seconds(lambda: find_in_texts(texts * 4, [language] * len(texts) * 4, Roster.of(None), together))
        for _ in range(3)
    )
    result |= {"words_per_s_alone": round(words / speed), "words_per_s_all": round(words / both)}
    for kind, shown in (("typed", texts), ("bare", [bare(text) for text in texts])):
        own, beside = spacy_model.find(shown), rampart.find(shown)
        persons = [[(s.start_char, s.end_char) for s in spans if s.label is Label.PERSON] for spans in own]
        more = [[(s.start_char, s.end_char) for s in spans if s.label is Label.PERSON] for spans in beside]
        united = [_merged([*a, *b]) for a, b in zip(persons, more, strict=True)]
        result[f"alone_{kind}"] = scores(shown, golds, persons)
        result[f"with_rampart_{kind}"] = scores(shown, golds, united)
        finds = find_in_texts(shown, [language] * len(shown), Roster.of(None), together)
        all_of_it = [[(f.start_char, f.end_char) for f in one if f.label is Label.PERSON] for one in finds]
        result[f"all_{kind}"] = scores(shown, golds, all_of_it)
    return result


def _merged(spans: Gold) -> Gold:
    merged: Gold = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _seconds(work: object) -> float:
    begin = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - begin


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Measure each model in a process of its own and print a line, or JSON, of each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--language", choices=sorted(TEMPLATES), default=None)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.language, options.model[0])))
        return
    figures = []
    for language in [options.language] if options.language else sorted(TEMPLATES):
        for model in options.model or [one for one in reversed(MODELS[language]) if installed(one)]:
            words = [sys.executable, "-m", __spec__.name, "--here", "--language", language, "--model", model]
            figures.append(json.loads(subprocess.run(words, capture_output=True, check=True).stdout))
    print(json.dumps(figures, indent=2) if options.json else "\n".join(map(str, figures)))


if __name__ == "__main__":
    main()
