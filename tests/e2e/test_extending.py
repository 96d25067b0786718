"""More time for a block: asked for, approved, bought once, paid; and what goes wrong on the way."""

from datetime import timedelta

from tests.e2e.extension_stage import NEW_END, PAID, extender
from tests.e2e.stage import END

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_what_is_approved_is_bought_once_and_the_end_moves_when_it_is_paid() -> None:
    with extender() as person:
        execution = person.start()
        person.wait(minutes=1)
        question = person.questions()[0]
        assert (question["Extends"], question["Ends now"], question["Ends then"]) == (
            person.block,
            "2027-03-21 11:30 UTC",
            "2027-03-22 11:30 UTC",
        )
        assert person.decide() == 200
        person.wait(minutes=2)
        assert (person.sold(), person.states(), person.ends_at()) == (1, ["payment pending"], END)

        person.wait(minutes=10)
        assert person.end(execution).state == "The extension is paid and the end has moved"
        assert (person.told(), person.states(), person.ends_at()) == (PAID, ["paid"], NEW_END)
        assert person.book() == [("1510", "committed")]
