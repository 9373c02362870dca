"""The pictures of the report, drawn from its facts: levels today, consent over time, response times."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from consent.sentences import LEVEL_WORDS
from flows.audit.consents import STATES, standing
from flows.audit.facts import Facts
from flows.audit.words import day
from flows.reports.document import Picture
from flows.reports.pictures import levels_today, over_time, response_times
from schemas.consent import ConsentKind, State
from schemas.recording import local_day


def levels_now(facts: Facts) -> dict[str, int]:
    """People at each level today, least protective first, then in the states that are no level and somebody is in."""
    said = [standing(decision) for decision in facts.states.values()]
    states = [words for state, words in STATES.items() if state is not State.CONSENTED and words in said]
    return {words: said.count(words) for words in (*LEVEL_WORDS.values(), *states)}


def levels_picture(facts: Facts) -> Picture:
    """Levels today."""
    return levels_today(levels_now(facts))


def over_time_picture(facts: Facts) -> Picture | None:
    """People who take part, withdrew and declined, by the day on which they asked."""
    days = sorted({local_day(moment, facts.zone) for steps in facts.timelines.values() for moment, _ in steps})
    if not days:
        return None
    days = [*days, max(days[-1] + timedelta(days=1), local_day(facts.now, facts.zone))]
    lines = {
        "take part": [_on(facts, one, State.CONSENTED) for one in days],
        "withdrew": [_on(facts, one, State.STOPPED, State.ERASED) for one in days],
        "declined": [_on(facts, one, State.DECLINED) for one in days],
    }
    shown = {name: numbers for name, numbers in lines.items() if name != "declined" or any(numbers)}
    caption = f"Consent over time, by the day on which people asked, {day(days[0])} to {day(days[-1])}."
    return over_time(days, shown, caption)


def response_picture(facts: Facts) -> Picture | None:
    """From asking to what was asked being in force."""
    waits: dict[str, list[timedelta]] = {"changes of choices": [], "withdrawals": []}
    for index, event in facts.register.events:
        if event.event in (ConsentKind.CHANGE, ConsentKind.WITHDRAW):
            name = "withdrawals" if event.event is ConsentKind.WITHDRAW else "changes of choices"
            waits[name].append(max(timedelta(), facts.recorded(index) - event.at))
    return response_times(waits)


def _on(facts: Facts, on: date, *states: State) -> int:
    """How many people were in one of these states at the end of a day."""
    number = 0
    for steps_of in facts.timelines.values():
        past = [decision for moment, decision in steps_of if local_day(moment, facts.zone) <= on]
        number += bool(past) and past[-1].state in states
    return number


PICTURES: Mapping[str, Callable[[Facts], Picture | None]] = {
    "q01": levels_picture,
    "q04": over_time_picture,
    "q07": response_picture,
}
"""Question to the picture that stands under its answer."""
