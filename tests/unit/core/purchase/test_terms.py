"""What is bound by the hash of terms: everything that is bought, and nothing of how it is written."""

import json
from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_blocks.core.purchase.canonical import digest
from capacity_blocks.core.purchase.terms import Terms, from_document, to_document
from tests.unit.core.purchase.intents import some_terms
from tests.unit.core.purchase.shapes import END, FEE, START, a_segment, an_offering

TAGGED = some_terms(tags=(("Name", "training"), ("team", "ml")))
SPLIT = some_terms(
    an_offering(segments=(a_segment(availability_zone_id="use2-az1", zone_type="availability-zone"), a_segment()))
)
SERVERS = some_terms(an_offering(ultraserver_type="u-p6e-gb200x72", ultraserver_count=2))


def test_the_hash_of_given_terms_never_changes() -> None:
    # Stored with every open question: a change to it is a change of VERSION.
    assert some_terms().hash == "90aa4ce9173420938435797fb994e39aa4ecf8b2affa691767f6a6bbe61f8de1"


OTHERWISE_WRITTEN = {
    "the fee with fewer zeros": some_terms(an_offering(upfront_fee=Decimal(42000))),
    "the fee as a power of ten": some_terms(an_offering(upfront_fee=Decimal("4.2E+4"))),
    "the start in another time zone": some_terms(an_offering(start=START.astimezone(timezone(timedelta(hours=2))))),
}


@pytest.mark.parametrize("terms", OTHERWISE_WRITTEN.values(), ids=OTHERWISE_WRITTEN.keys())
def test_the_same_terms_have_the_same_hash(terms: Terms) -> None:
    assert terms.hash == some_terms().hash


def test_the_order_of_tags_makes_no_difference() -> None:
    assert replace(TAGGED, tags=TAGGED.tags[::-1]).hash == TAGGED.hash


OTHER = {
    "offering": some_terms(an_offering("cb-0b")),
    "region": some_terms(an_offering(region="us-west-2")),
    "fee": some_terms(an_offering(upfront_fee=FEE + Decimal("0.01"))),
    "currency": some_terms(an_offering(currency="CNY")),
    "start": some_terms(an_offering(start=START + timedelta(minutes=1))),
    "end": some_terms(an_offering(end=END + timedelta(minutes=1))),
    "count": some_terms(an_offering(instance_count=9)),
    "type": some_terms(an_offering(instance_type="p5e.48xlarge")),
    "zone": some_terms(an_offering(availability_zone="us-east-2b")),
    "zone id": some_terms(an_offering(availability_zone_id="use2-az1")),
    "zone type": some_terms(an_offering(zone_type="local-zone")),
    "tenancy": some_terms(an_offering(tenancy="dedicated")),
    "platform": some_terms(platform="Ubuntu Pro"),
    "pool": some_terms(pool="research"),
    "what it extends": some_terms(an_offering(extends="cr-0a")),
    "tags": TAGGED,
    "segments": SPLIT,
    "UltraServers": SERVERS,
    "how many UltraServers": some_terms(an_offering(ultraserver_type="u-p6e-gb200x72", ultraserver_count=1)),
}


def test_whatever_is_different_has_a_different_hash() -> None:
    hashes = [some_terms().hash, *(terms.hash for terms in OTHER.values())]

    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("terms", [some_terms(), *OTHER.values()], ids=["plain", *OTHER])
def test_terms_survive_being_stored(terms: Terms) -> None:
    stored = json.loads(json.dumps(to_document(terms)), parse_int=Decimal)

    read = from_document(stored)

    assert (read, read.hash) == (terms, terms.hash)


def test_terms_of_another_version_are_not_read() -> None:
    with pytest.raises(ValueError, match="cb-0a: terms of version 2, and 1 is read"):
        from_document(to_document(some_terms()) | {"version": 2})


def test_an_offering_without_a_fee_has_no_terms() -> None:
    with pytest.raises(ValueError, match="cb-0a: an offering without a fee cannot be approved"):
        some_terms(an_offering(upfront_fee=None))


@pytest.mark.parametrize(("terms", "expected"), [(some_terms(), 1), (SPLIT, 2), (SERVERS, 2)], ids=["one", "two", "us"])
def test_a_purchase_makes_a_reservation_for_each_segment_or_ultraserver(terms: Terms, expected: int) -> None:
    assert terms.reservations == expected


documents = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.none(), max_size=5)


@given(document=documents, other=documents)
def test_a_digest_is_the_same_for_the_same_document_only(document: dict[str, object], other: dict[str, object]) -> None:
    shuffled = dict(reversed(document.items()))

    assert digest(shuffled) == digest(document)
    assert (digest(other) == digest(document)) == (other == document)
