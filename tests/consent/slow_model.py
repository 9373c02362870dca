"""A small slow model of the rules, written from their prose: it asks of each choice whether it counts and whether it
holds, and looks at the whole history each time. It knows nothing of how the real one goes about it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.consent import ConsentEvent, Form, Permission
from schemas.recording import Session

ORDERS = {
    "level": ["named", "first_name", "role", "pseudonym", "unnamed", "withheld"],
    "archive": ["yes", "ask", "no"],
    "quote_research": ["yes", "ask", "no"],
}
BLANKS = {"archive": "no", "quote_research": "ask"}
WIDTH = ["study", "cycle", "session", "passage"]
History = list[tuple[int, ConsentEvent]]


class SlowModel:
    """One person, one place, one use; ``destroyed``: place in the ledger of withdrawals that were carried out."""

    def __init__(
        self, forms: dict[str, Form], session: Session | None, passage: str | None, use: str, destroyed: set[int]
    ) -> None:
        self.forms, self.session, self.passage, self.use, self.destroyed = forms, session, passage, use, destroyed

    def reaches(self, event: ConsentEvent) -> bool:
        ids = {"study": None, "passage": self.passage or "nowhere"}
        if self.session:
            ids |= {"cycle": self.session.cycle, "session": self.session.session}
        return event.reach.kind in ids and event.reach.id == ids[event.reach.kind]

    def begins_from(self, event: ConsentEvent, protects: bool) -> bool:
        if self.session is None:
            return True
        day = event.at.astimezone(ZoneInfo(self.session.zone)).date()
        if event.event == "consent" and day == self.session.day:
            return True
        if self.session.start is None:
            return self.session.day > day or (self.session.day == day and protects)
        return event.at <= self.session.start

    def begins_after(self, event: ConsentEvent) -> bool:
        if self.session is None:
            return True
        start: datetime | None = self.session.start
        day = event.at.astimezone(ZoneInfo(self.session.zone)).date()
        return start > event.at if start else self.session.day >= day

    def may_say(self, past: History, event: ConsentEvent, dimension: str, value: str) -> bool:
        if dimension == "level" or value == "no":
            return True
        signed = [e.form for _, e in past if e.event in ("consent", "reaffirm") and self.reaches(e)]
        form = self.forms.get(event.form or (signed[-1] if signed else "") or "")
        return form is not None and form.permissions[Permission(dimension)].asked != "not_asked"

    def sayings(self, past: History, event: ConsentEvent, dimension: str) -> list[tuple[bool, str]]:
        """(for this use alone, value)"""
        said = [
            (c.use is not None, c.value)
            for c in event.choices
            if c.dimension == dimension and c.use in (None, self.use)
        ]
        said = [one for one in said if one[0] == any(narrow for narrow, _ in said)]
        said = [(narrow, value) for narrow, value in said if self.may_say(past, event, dimension, value)]
        asked = (
            dimension == "level"
            or self.forms[event.form or "2026-1"].permissions[Permission(dimension)].asked != "not_asked"
        )
        if event.event == "consent" and not said:
            return [(False, BLANKS[dimension] if asked else "no")]
        if event.event == "reaffirm":
            return [] if asked else [(False, "no")]
        return said if event.event in ("consent", "change") else []

    def holding(self, past: History, dimension: str) -> int:
        """How protective the value that holds after ``past`` is."""
        order, counted = ORDERS[dimension], []
        for place, (index, event) in enumerate(past):
            for narrow, value in self.sayings(past[:place], event, dimension) if self.reaches(event) else []:
                before = self.holding(past[:place], dimension)
                protects = order.index(value) >= before
                unsaid = event.applies is None and protects
                if event.applies == "all" or unsaid or self.begins_from(event, protects):
                    counted.append((index, WIDTH.index(event.reach.kind), narrow, order.index(value)))
        standing = [a for a in counted if not any(b[0] > a[0] and b[1] >= a[1] and b[2] >= a[2] for b in counted)]
        return max((value for *_, value in standing), default=len(order) - 1)

    def taken_back(self, past: History) -> set[int]:
        left = [(i, e) for i, e in past if e.event == "withdraw" and i not in self.destroyed]
        gone: set[int] = set()
        for index, event in past:
            if event.event == "undo":
                fits = [i for i, e in left if i < index and i not in gone and event.reach.kind in ("study",)]
                fits += [i for i, e in left if i < index and i not in gone and e.reach == event.reach and i not in fits]
                gone |= {max(fits)} if fits else set()
        return gone

    def state(self, past: History) -> str:
        def reopened(index: int, closing: ConsentEvent) -> bool:
            def opens(i: int, e: ConsentEvent) -> bool:
                wide = WIDTH.index(e.reach.kind) <= WIDTH.index(closing.reach.kind) or closing.event == "decline"
                return i > index and wide and (e.at >= closing.at or closing.event == "decline")

            return any(opens(i, e) for i, e in consents)

        here = [(i, e) for i, e in past if self.reaches(e)]
        consents = [
            (i, e) for i, e in here if e.event == "consent" and (e.applies == "all" or self.begins_from(e, False))
        ]
        undone = self.taken_back(past)
        lost, stopped, kept = False, False, False
        for index, event in here:
            if event.event != "withdraw" or index in undone:
                continue
            after = self.begins_after(event)
            if index in self.destroyed and not after:
                kept, lost = kept or event.data == "keep_deidentified", lost or event.data != "keep_deidentified"
            elif (event.data != "stop" or after) and not reopened(index, event):
                stopped = True
                lost = lost or (index in self.destroyed and self.session is None)
        if lost or stopped:
            return "erased" if lost else "stopped"
        if any(e.event == "decline" and not reopened(i, e) for i, e in here):
            return "declined"
        return ("kept" if kept else "consented") if consents else "not_asked"

    def level(self, past: History) -> str:
        state, order = self.state(past), ORDERS["level"]
        if state not in ("consented", "kept"):
            return "withheld"
        return order[max(self.holding(past, "level"), order.index("unnamed") if state == "kept" else 0)]
