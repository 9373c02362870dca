"""Names as speech recognisers write those that they do not know: by sound, in pieces, run together, without accents.

Each way takes a name and gives another spelling, or the name itself where the way does not apply to it. Only ``edited``
knows nothing of sound: letters lost, doubled or swapped, as in typing.
"""

import random
import re
import unicodedata
from collections.abc import Callable

Way = Callable[[str, random.Random], str]

HEARD_AS = {
    "siobhan": "Shivon|Chevonne", "caoimhe": "Keeva|Queeva", "niamh": "Neve|Neeve", "aoife": "Eefa|Efa",
    "tadhg": "Tige|Taig", "saoirse": "Seersha|Sursha", "eilidh": "Ailey|Aylee", "llywelyn": "Lewellyn|Clewelyn",
    "angharad": "Ann Harrod", "rhiannon": "Reannon", "geraghty": "Garrity|Gerety", "nguyen": "Win|Newin",
    "xiulan": "Shoolan|Shulan", "qiang": "Chang|Cheeang", "zheng": "Jung|Jeng", "xu": "Shoo|Sue", "tsao": "Chow|Tsow",
    "ngata": "Nata|Nah-ta", "ngozi": "Gozi|Engozi", "wiremu": "Waremu|Wirimu", "whata": "Fata", "parata": "Parrata",
    "hinemoa": "Hinnemoa", "kowalczyk": "Kovalchik|Kowalchek", "dvoracek": "Dvorjacek|Vorchek", "jiri": "Yirzhi|Yuri",
    "zdenka": "Zdenka|Stenka", "wojcik": "Voychik|Woycik", "katarzyna": "Katarzina|Katajena", "bjorn": "Byorn|Beyorn",
    "ximena": "Himena|Jimena", "joaquin": "Walkin|Wakeen", "guadalupe": "Guadaloop|Wadalupe", "inigo": "Enego",
    "villasenor": "Viasenyor|Villa Senior", "echeverria": "Etcheveria", "elodie": "Elody|Elodee",
    "noemie": "Naomie|Noemi", "gaetan": "Guyton|Gaytan", "ghislain": "Gislan|Gee Lane", "solene": "Solen|Solaine",
    "thibault": "Tebow|Tibo", "desrosiers": "De Rosier|Dayrozier", "tremblay": "Trombley|Tremblé",
    "beaulieu": "Bolio|Bowlyuh", "pelletier": "Peltier|Pelt-ee-ay", "theriault": "Terio|Terrio",
    "belanger": "Balongay|Baker-Langer", "khadija": "Cadija|Hadija", "tariq": "Tarik|Tarrick", "yusuf": "Yousef|Joseph",
    "rukhsana": "Roxana|Rooksana", "mehwish": "Mavish|Meh-wish", "qureshi": "Koreshi|Kureshi", "priya": "Pria|Prea",
    "krishnamurthy": "Krishna Murthy", "ramanathan": "Rama Nathan", "okonkwo": "Oconco|Okonko", "kwame": "Kwami|Quame",
    "kofi": "Coffee|Cofi", "fatoumata": "Fatu Mata", "nwachukwu": "Wachuku", "thandiwe": "Tandiwe|Tandy Way",
    "wanjiru": "Wangiru", "qitsualik": "Kitswalik", "nokomis": "No Comis", "oksana": "Roxana|Oxana",
    "shevchuk": "Chevchuck", "thorunn": "Thorin|Thorun", "ostergaard": "Oster Guard", "jorg": "York|Yorg",
    "ayse": "Isha|Aisha", "yildirim": "Yildrim", "eunji": "Un G|Eunji", "chanthavy": "Chan Tavi", "hoa": "Hwa|Wah",
}  # fmt: skip
"""Folded name word to spellings that recognisers have been seen to give such names: near-homophones."""

SOUNDS = (
    (r"\bng", "n"), (r"\bwh", "f"), (r"ngh?", "n"), (r"sz|š|ş", "sh"), (r"cz|č|ç(?=[aou])", "ch"), (r"ř|ž|zh", "j"),
    (r"\bw(?=[oó])", "v"), (r"ł", "w"), (r"bh|mh", "v"), (r"dh|gh", ""), (r"\bll", "cl"), (r"ñ", "ny"),
    (r"eaux|eau|ault|aud", "o"), (r"ou", "oo"), (r"oi", "wa"), (r"gn", "ny"), (r"ier\b|yer\b", "ee ay"),
    (r"\bx|\bq(?!u)", "sh"), (r"x", "ks"), (r"q", "k"), (r"kh", "h"), (r"th", "t"), (r"ph", "f"),
    (r"ck?(?=[aou])", "k"), (r"k(?=[aou])", "c"), (r"j(?=[aeiou])", "y"), (r"y(?=[aeiou])", "j"),
    (r"(?<!e)(?:ie|i|y)\b", "ee"), (r"ee|í|ī", "ie"), (r"ai|ei", "ay"), (r"oo|ū", "u"), (r"aa|ā", "ah"),
    (r"ö|ø|œ", "er"), (r"ü", "ue"), (r"z", "s"), (r"s(?=[aeiou])", "z"), (r"v", "f"), (r"w", "v"),
    (r"(?<=[aeiou])r\b", "h"), (r"a\b", "er"), (r"o\b", "oh"), (r"d\b", "t"), (r"t\b", "d"),
    (r"(?<=[aeiou])h(?=[aeiou])", ""), (r"ll", "l"), (r"nn", "n"), (r"tt", "t"),
)  # fmt: skip
"""What is written one way and heard another; each name gets one to three of those that fit."""

SYLLABLES = {
    "wi": "we", "na": "nah", "ko": "co", "ta": "tar", "me": "may", "ne": "nay", "re": "ray", "li": "lee",
    "to": "toe", "mo": "mow", "si": "see", "ki": "key", "ka": "car", "ru": "roo", "hu": "who", "bi": "bee",
    "di": "dee", "mi": "me", "ha": "ha", "ma": "ma", "da": "da", "sa": "sir", "no": "no", "so": "so", "go": "go",
    "be": "bay", "la": "la", "wa": "war", "ra": "rah", "mu": "moo", "tu": "too", "su": "sue", "ya": "yeah",
    "lo": "low", "ba": "bar", "te": "tea",
}  # fmt: skip
"""A syllable as the English word that it sounds like."""
WHOLE = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "Þ": "Th", "þ": "th", "ð": "d", "ı": "i"})
"""Letters that are no others with a mark."""
BREAK = re.compile(r"(?<=[aeiouy])(?=[bcdfghjklmnpqrstvwxz][aeiouy])", re.IGNORECASE)


def plain(name: str) -> str:
    """The name without accents and apostrophes."""
    apart = unicodedata.normalize("NFKD", name)
    kept = "".join(c for c in apart if not unicodedata.combining(c) and c not in "'’‘ʻ")
    return kept.translate(
        str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "Þ": "Th", "þ": "th", "ð": "d", "ı": "i"})
    )


def unaccented(name: str, rng: random.Random) -> str:
    """Accents and apostrophes lost."""
    return plain(name)


def respelt(name: str, rng: random.Random) -> str:
    """Written as it sounds: up to three sounds spelt otherwise."""
    return _each(name, _respell, rng)


def _respell(word: str, rng: random.Random) -> str:
    low, fitting = word.lower(), []
    for pattern, heard in SOUNDS:
        if (new := re.sub(pattern, heard, low, count=1)) != low and len(new) > 1:
            fitting.append((pattern, heard))
    for pattern, heard in rng.sample(fitting, min(len(fitting), rng.choice((1, 1, 2, 3)))):
        low = re.sub(pattern, heard, low, count=1)
    return _cased(plain(low), word)


def homophone(name: str, rng: random.Random) -> str:
    """One word of the name as another that sounds alike, where the list has it."""
    words = name.split()
    known = [i for i, word in enumerate(words) if _key(word) in HEARD_AS]
    if not known:
        return name
    at = rng.choice(known)
    words[at] = rng.choice(HEARD_AS[_key(words[at])].split("|"))
    return " ".join(words)


def _key(word: str) -> str:
    return plain(word).lower().replace("-", "")


def split(name: str, rng: random.Random) -> str:
    """The longest word in two, the first part as the English word it sounds like where there is one."""
    words = name.split()
    at = max(range(len(words)), key=lambda i: len(words[i]))
    places = [m.start() for m in BREAK.finditer(words[at]) if 2 <= m.start() <= len(words[at]) - 3]
    if not places:
        return name
    place = rng.choice(places)
    first, second = plain(words[at][:place]), plain(words[at][place:])
    heard = SYLLABLES.get(first.lower(), first.lower()) if rng.random() < 0.7 else first.lower()
    rest = second.lower() if rng.random() < 0.5 else second.capitalize()
    words[at] = f"{_cased(heard, first)} {rest}"
    return " ".join(words)


def run_together(name: str, rng: random.Random) -> str:
    """First and last name, or the halves of a double name, as one word."""
    words = [plain(word) for word in re.split(r"[ -]", name)]
    if len(words) < 2:
        return name
    at = rng.randrange(len(words) - 1)
    return " ".join([*words[:at], words[at] + words[at + 1].lower(), *words[at + 2 :]])


def edited(name: str, rng: random.Random) -> str:
    """A letter lost, doubled, swapped or another vowel, in one word."""
    words = name.split()
    at = rng.randrange(len(words))
    if len(words[at]) > 3:
        words[at] = rng.choice((_drop, _double, _swap, _vowel))(words[at], rng)
    return " ".join(words)


def _drop(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _double(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at - 1].lower() + word[at:]


def _swap(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _vowel(word: str, rng: random.Random) -> str:
    places = [i for i, c in enumerate(word) if i and plain(c).lower() in "aeiou"]
    at = rng.choice(places) if places else 1
    return word[:at] + rng.choice("aeiou") + word[at + 1 :]


def _each(name: str, way: Way, rng: random.Random) -> str:
    return " ".join(way(word, rng) for word in name.split())


def _cased(word: str, like: str) -> str:
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


WAYS: dict[str, Way] = {
    "accents lost": unaccented,
    "respelt by sound": respelt,
    "near-homophone": homophone,
    "split in two": split,
    "run together": run_together,
    "letters wrong": edited,
}


def misheard(name: str, way: str, rng: random.Random) -> str | None:
    """The name written in one of the ``WAYS``; None where that leaves it as it is, or nothing of it."""
    heard = WAYS[way](name, rng).strip()
    return heard if heard != name and len(heard) > 1 else None
