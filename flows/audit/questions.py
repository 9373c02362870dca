"""The sixteen questions in the board's order."""

from dataclasses import replace

from flows.audit.answers import Answer, Verdict
from flows.audit.between import in_between
from flows.audit.changes import every_change, how_given
from flows.audit.collection import before_collection, each_derived_item
from flows.audit.consents import under_which_form, who_consented
from flows.audit.custody import retention, safeguards, who_opened
from flows.audit.facts import Facts
from flows.audit.seal import Seal
from flows.audit.secondary import capacity, secondary_use
from flows.audit.soundness import nothing_rewritten, receipts_match
from flows.audit.withdrawals import honoured, steps
from flows.audit.words import count


def ask_all(facts: Facts, seal: Seal) -> dict[str, Answer]:
    """Every question answered: ``q01`` to ``q16``."""
    answers = (
        who_consented(facts),
        under_which_form(facts),
        how_given(facts),
        every_change(facts),
        before_collection(facts),
        each_derived_item(facts),
        honoured(facts),
        steps(facts),
        in_between(facts),
        who_opened(facts),
        safeguards(facts),
        retention(facts),
        secondary_use(facts),
        nothing_rewritten(facts, seal),
        receipts_match(facts, seal),
        capacity(facts),
    )
    named = {f"q{number:02d}": answer for number, answer in enumerate(answers, start=1)}
    return {name: _as_far_as_read(answer, name, facts) for name, answer in named.items()}


_ON_CHOICES = {"q01", "q02", "q03", "q04", "q05", "q07", "q09", "q12", "q13", "q16"}
"""The questions whose answer a choice that could not be read might turn round."""


_ON_PEOPLE = _ON_CHOICES | {"q15"}
"""The questions that have no answer while nobody was asked."""


def _as_far_as_read(answer: Answer, name: str, facts: Facts) -> Answer:
    """A "yes" on what people chose is none where an entry that may hold a choice could not be read."""
    if name in _ON_PEOPLE and not facts.people and answer.verdict is Verdict.YES:
        said = "Not yet known. Nobody is in the register yet, so there is nothing to judge."
        return replace(answer, verdict=Verdict.UNKNOWN, answer=said)
    unread = facts.register.unread
    if not unread or name not in _ON_CHOICES or answer.verdict is not Verdict.YES:
        return answer
    return replace(
        answer,
        verdict=Verdict.UNKNOWN,
        answer=f"Not yet known. {count(unread, 'entry', 'entries')} that may hold somebody's choice could not be read, "
        "so this is said of the others only.",
        explanation=f"{answer.answer} {answer.explanation}",
    )
