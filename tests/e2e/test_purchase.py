"""From a request to a paid, tagged and bound block that starts: what is bought, and how it is written down."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.e2e.purchase_stage import ALICE, FEE, PAID, START, buyer
from tests.e2e.stage import ROOT, START_ACTION

DAY = timedelta(days=1)


def test_a_request_becomes_a_paid_block_that_starts_in_its_pool() -> None:
    with buyer(sweeps=True) as person:
        execution = person.buy(tags={"team": "vision", "Name": "run 9"})
        [block] = person.blocks()
        assert block["State"] == "payment-pending"
        assert person.tags(block) == {
            "Name": "run 9",
            "team": "vision",
            "capacity-blocks:pool": "training",
            "capacity-blocks:intent": person.questions()[0]["Intent"],
            "capacity-blocks:approved-by": ALICE,
            "capacity-blocks:upfront-fee": FEE,
        }
        assert person.book() == [(FEE, "reserved")]

        person.wait(minutes=8)
        assert person.end(execution).state == "The block is paid and handed to its pool"
        assert (person.told(), person.book()) == (PAID, [(FEE, "committed")])
        assert person.history() == ["asked", "approved", "attempting", "bought", "payment pending", "paid"]
        assert person.stage.bound_to() == block["CapacityReservationId"]
        assert person.stage.scheduled()[START_ACTION][1] == 2

        person.stage.run_until(START + timedelta(minutes=5))
        assert len(person.stage.occupants(block["CapacityReservationId"])) == 2


def test_ultraservers_are_several_blocks_and_each_carries_the_intent() -> None:
    with buyer() as person:
        zone = "us-east-2c"
        person.stage.group("train-c", tags={"capacity-blocks:subnets": person.stage.subnet(zone)})
        wanted = {"instance_types": None, "instance_count": None, "zones": zone}
        person.buy(ultraserver_type="u-trn2x64", ultraserver_count=2, **wanted)
        person.wait(minutes=8)
        [intent] = person.intents()
        servers = person.stage.engine().look("DescribeCapacityBlocks")["CapacityBlocks"]

        assert (intent["state"], len(intent["reservation_ids"]), len(servers)) == ("paid", 2, 2)
        marks = {person.tags(each)["capacity-blocks:intent"] for each in (*person.blocks(), *servers)}
        assert marks == {person.questions()[0]["Intent"]}


def test_a_block_of_several_segments_is_bought_only_if_the_request_allows_it() -> None:
    with buyer() as person:
        market, begins = person.stage.engine().market, (START, START + 2 * DAY)
        parts = [market.segment("p5.48xlarge", "us-east-2a", 2, each, each + DAY, Decimal(500)) for each in begins]
        market.show(*parts)
        dry = person.start("dry", duration_days=2, dry_run=True)
        execution = person.buy(duration_days=2, several_segments=True)
        person.wait(minutes=8)

        assert "2 segments" in person.end(dry).words
        assert "Segment 2" not in person.end(dry).words
        assert (person.end(execution).state, len(person.blocks())) == ("The block is paid and handed to its pool", 2)


def test_what_nobody_sells_is_looked_for_until_it_is_on_sale() -> None:
    with buyer(asked=False) as person:
        person.money(no_approval_up_to="2000")
        person.stage.engine().market.take("p5.48xlarge", until=START + timedelta(minutes=30))
        execution = person.start(look_until="2027-03-20T14:00:00Z")
        person.stage.run_until(START + timedelta(minutes=20))
        assert (person.told(), person.sold()) == (["purchase-standing"], 0)

        person.wait(minutes=30)
        assert person.end(execution).state == "The block is paid and handed to its pool"
        assert person.told() == ["purchase-standing", "purchase-approved", "purchase-bought", "purchase-paid"]


def test_a_search_that_nothing_comes_of_ends_when_the_request_says() -> None:
    patient = json.loads((ROOT / "events" / "purchase-request-keep-looking.json").read_text())
    over = datetime.fromisoformat(patient["look_until"])
    with buyer(start=over.astimezone(UTC) - timedelta(hours=1)) as person:
        for each in patient["instance_types"]:
            person.stage.engine().market.take(each)
        execution = person.start(**({"zones": None} | patient))
        person.wait(minutes=50)
        assert (person.end(execution).status, person.told()) == ("RUNNING", ["purchase-standing"])

        person.wait(minutes=20)
        assert person.end(execution).state == "Nothing was bought"
        assert person.told() == ["purchase-standing", "purchase-search-over"]
