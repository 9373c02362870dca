"""The sixteen questions in the board's order."""

from flows.audit.answers import Answer
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
        steps(),
        in_between(facts),
        who_opened(facts),
        safeguards(facts),
        retention(facts),
        secondary_use(facts),
        nothing_rewritten(facts, seal),
        receipts_match(facts, seal),
        capacity(facts),
    )
    return {f"q{number:02d}": answer for number, answer in enumerate(answers, start=1)}
