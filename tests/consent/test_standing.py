"""A list shows who is still on a form that was replaced, and who is to be asked again."""

from consent.choosing.standing import form_standings
from tests.consent.making import consent, form, reaffirm, register_of

V1, V2, V3 = form("v1"), form("v2", replaces="v1"), form("v3", replaces="v2", re_ask=True)


def test_people_stand_on_the_form_they_signed_or_went_over_to_last():
    register = register_of(
        [
            V1,
            consent("P01", "2026-01-01T10:00Z", form="v1"),
            consent("P02", "2026-01-01T10:00Z", form="v1"),
            consent("P03", "2026-01-01T10:00Z", form="v1"),
            V2,
            reaffirm("P02", "2026-02-01T10:00Z", "v2"),
        ]
    )
    first, second = form_standings(register)
    assert (first.people, first.replaced_by, first.to_ask) == (("P01", "P03"), "v2", ())
    assert (second.people, second.replaced_by, second.to_ask) == (("P02",), None, ())


def test_an_amendment_that_asks_again_asks_everybody_on_any_form_before_it():
    register = register_of(
        [
            V1,
            consent("P01", "2026-01-01T10:00Z", form="v1"),
            V2,
            consent("P02", "2026-02-01T10:00Z", form="v2"),
            V3,
            consent("P03", "2026-03-01T10:00Z", form="v3"),
        ]
    )
    assert [one.to_ask for one in form_standings(register)] == [("P01",), ("P02",), ()]
    assert [one.replaced_by for one in form_standings(register)] == ["v3", "v3", None]


def test_a_form_nobody_signed_is_listed_and_one_nobody_registered_counts_for_nothing():
    register = register_of([V1, consent("P01", "2026-01-01T10:00Z", form="v9")])
    (only,) = form_standings(register)
    assert (only.form.version, only.people) == ("v1", ())
