"""Made-up people: a roster of many backgrounds written here, and strangers from Faker's locales.

No name is taken from the recogniser's own lists of words. All of them are put together by chance: none is anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from schemas.roster import MatchingTable, Person
from tests.benchmarks.names.gold import chance

GROUPS = {
    "maori": "Aroha Ngata; Wiremu Parata; Kahurangi Tūhoro; Hinemoa Te Awhitu; Rangi Te Whata; Tama Waaka; "
    "Mereana Paraone; Hōne Tāwhara; Anahera Pōtae; Paora Winiata",
    "pasifika": "Sione Taufa; Mele Fonua; Tavita Leota; Losa Fa'asavalu; Keala Kahananui",
    "indigenous": "Nokomis Whiteduck; Winona Standingready; Kanahus Bearspaw; Makwa Ogimaa; Aaluk Qitsualik; "
    "Siku Nattiq; Jedda Yunupari; Migizi Kakegamic; Tallulah Manyfingers",
    "francophone": "Élodie Gagnon-Roy; Jean-Luc Tremblay; Noémie Lavoie; Maëlys Desrosiers; Thibault de La Grange; "
    "Gaétan Thériault; Solène Archambault; Océane Bélanger; Ghislain Pelletier-Côté; Aurélie Beauséjour",
    "west african": "Kwame Mensah; Ngozi Okonkwo; Olumide Adeyemi; Amara Nwachukwu; Fatoumata Diarra; "
    "Kofi Owusu-Ansah; Abena Boateng; Mamadou Coulibaly; Chidinma Eze; Ifeoluwa Babatunde",
    "east and southern african": "Thandiwe Dlamini; Lerato Molefe; Wanjiru Kamau; Tendai Chikowore; Habtamu Desta; "
    "Naledi Mokoena",
    "south asian": "Priya Ramanathan; Nikhil Deshpande; Anjali Krishnamurthy; Harpreet Dhillon; Rukhsana Siddiqui; "
    "Tharindu Jayasuriya; Mehwish Qureshi; Subramaniam Iyer; Bhavna Chaudhary",
    "east asian": "Hana Takahashi; Xiulan Zheng; Nguyễn Thị Hoa; Jihoon Baek; Qiang Xu; Mei-Ling Tsao; Chanthavy Sok; "
    "Minh Pham; Eun-ji Seo; Haruto Fujisawa",
    "arabic, persian, turkish": "Fatima Zahraoui; Yusuf Demir; Tariq al-Hashimi; Khadija Benali; Abdulrahman Qasimi; "
    "Shirin Farrokhnia; Nour El-Din Saleh; Ayşe Yıldırım; Layla bint Nasser",
    "slavic": "Mateusz Kowalczyk; Ewa Nowicka; Dmitri Volkonin; Zdeňka Hrušková; Bogdan Šarić; Oksana Shevchuk; "
    "Katarzyna Wójcik; Jiří Dvořáček; Ljudmila Petrovska",
    "hispanic and lusophone": "Inês Carvalho; Joaquín de la Vega; Guadalupe Villaseñor; Íñigo Echeverría; "
    "Conceição dos Santos; Itzel Ahuatzi; Ximena Zúñiga; Thiago Gonçalves; Marisol Ybarra",
    "irish, welsh, scots": "Siobhán O'Rourke; Caoimhe Doyle; Saoirse Mac Giolla; Niamh Ní Bhriain; Llywelyn ap Rhys; "
    "Angharad Prydderch; Eilidh MacAskill; Tadhg Ó Súilleabháin; Aoife Geraghty; Rhiannon Gwyther",
    "nordic and germanic": "Björn Lindqvist; Ingrid Solberg; Anneke van der Berg; Jörg Müllerschön; "
    "Þórunn Guðjónsdóttir; Søren Østergaard; Wilhelmina ter Horst; Aino Häkkilä",
    "english": "Imogen Thistlewood; Prudence Ackroyd; Cornelius Featherstone; Beatrix Loxley; Tamsin Pennock; "
    "Desmond Atherley",
    "word-like": "Will Brown; Mark White; Grace Young; Hope Fields; Rose Park; Bill Stone; Frank Long; Dawn Rivers; "
    "Joy Small; Summer Wood; Miles Bishop; May Bell; Pat Banks; Chase Hill; Jade Green",
    "one word": "Wulandari; Tenzin; Arumugam; Nandini; Sukarni",
}
ALIASES = {
    "Kahurangi Tūhoro": ("Kahu", "@kahu_t"),
    "Wiremu Parata": ("Wī",),
    "Olumide Adeyemi": ("Olu", "@olu.adeyemi"),
    "Ifeoluwa Babatunde": ("Ife",),
    "Subramaniam Iyer": ("Subbu",),
    "Abdulrahman Qasimi": ("Abood",),
    "Guadalupe Villaseñor": ("Lupe", "@lupe_v"),
    "Wilhelmina ter Horst": ("Mina",),
    "Thandiwe Dlamini": ("Thandi", "@thandi_d22"),
    "Nguyễn Thị Hoa": ("Hoa",),
    "Cornelius Featherstone": ("Corny",),
    "Fatoumata Diarra": ("Fatou",),
    "Katarzyna Wójcik": ("Kasia", "@kasia_w"),
    "Rhiannon Gwyther": ("Rhi",),
    "Jihoon Baek": ("@jihoonb",),
    "Grace Young": ("@graceyoung_nz",),
}
PARTICLES = {"van", "der", "ter", "de", "la", "le", "dos", "te", "ní", "ó", "mac", "ap", "al", "el", "bint"}
LOCALES = (
    "en_NZ en_AU en_IN en_GB en_IE en_PK fr_FR fr_CA es_MX es_ES pt_BR pl_PL cs_CZ hr_HR ro_RO tr_TR de_DE nl_NL "
    "fi_FI sv_SE no_NO da_DK hu_HU et_EE lt_LT lv_LV it_IT vi_VN id_ID yo_NG ha_NG ig_NG tw_GH zu_ZA ga_IE sw fil_PH"
)
"""Faker's locales that write names in Latin letters; one that this version of Faker lacks is passed over."""


@dataclass(frozen=True)
class Somebody:
    """One made-up person; ``participant`` is None for strangers."""

    full: str
    group: str
    participant: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """The first name."""
        return self.full.split()[0]

    @property
    def last(self) -> str:
        """The last name with its particles; the whole name where there is but one word."""
        words = self.full.split()
        start = len(words) - 1
        while start > 1 and words[start - 1].lower() in PARTICLES:
            start -= 1
        return " ".join(words[start:])


@lru_cache(maxsize=1)
def everybody() -> tuple[Somebody, ...]:
    """The people of the roster, in a fixed order."""
    named = [(name.strip(), group) for group, names in GROUPS.items() for name in names.split(";")]
    return tuple(
        Somebody(name, group, f"P{number:03d}", ALIASES.get(name, ()))
        for number, (name, group) in enumerate(named, start=1)
    )


def table(people: tuple[Somebody, ...]) -> MatchingTable:
    """The matching table of ``people``."""
    rows = [
        Person(
            participant=one.participant or f"P{number:05d}", full_name=one.full, aliases=one.aliases,
            secret=f"{number:064x}",
        )
        for number, one in enumerate(people, start=1)
    ]  # fmt: skip
    return MatchingTable(people=tuple(rows))


def strangers(seed: int) -> Iterator[Somebody]:
    """People of all of Faker's locales with Latin letters, without end, the same for the same seed."""
    rng = chance(seed)
    makers = _makers(seed)
    while True:
        locale, maker = rng.choice(makers)
        name = f"{_bare(maker.first_name())} {_bare(maker.last_name())}"
        if name.isascii() or all(c.isalpha() or c in " -'’." for c in name):
            yield Somebody(name, locale)


def _bare(name: str) -> str:
    # Some locales write a title or a full stop with the name.
    return name.replace(".", "").strip()


def _makers(seed: int):
    from faker import Faker
    from faker.config import AVAILABLE_LOCALES

    makers = [(locale, Faker(locale)) for locale in LOCALES.split() if locale in AVAILABLE_LOCALES]
    for number, (_locale, maker) in enumerate(makers):
        maker.seed_instance(seed * 1000 + number)
    return makers


def many(count: int, seed: int = 5) -> tuple[Somebody, ...]:
    """A roster of ``count`` different strangers, for speed."""
    names: dict[str, Somebody] = {}
    for one in strangers(seed):
        # Locales have few names: beyond them a second last name makes another person.
        name = one.full if one.full not in names else f"{one.full}-{next(reversed(names)).split()[-1]}"
        names.setdefault(name, Somebody(name, one.group, f"P{len(names) + 1:05d}"))
        if len(names) == count:
            return tuple(names.values())
    return ()
