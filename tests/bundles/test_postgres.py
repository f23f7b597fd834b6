"""What bundles store, on PostgreSQL: the tests of store, orders, prices, refunds, list, proposals and spreadsheet again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from postgres import postgres_url
from small_shop import SmallShop

from storefront_plugin.bundles.store import proposals as proposal_store
from storefront_plugin.bundles.store.listing import Filters, list_bundles
from storefront_plugin.core.sql.database import Base
from tests.bundles import test_csv as csv_file
from tests.bundles import test_orders as orders
from tests.bundles import test_pricer as pricer
from tests.bundles import test_proposals as proposals
from tests.bundles import test_repository as repository_tests

AGAIN = (
    repository_tests.database,
    repository_tests.test_the_second_of_two_editors_gets_a_conflict_and_nothing_is_lost,
    repository_tests.test_every_change_can_be_undone,
    repository_tests.test_who_changed_what_is_noted_with_the_change_itself,
    repository_tests.test_a_process_reads_published_bundles_once_until_some_change,
    repository_tests.test_the_list_is_searched_filtered_sorted_and_paged,
    repository_tests.test_uses_are_counted_with_the_shops_own_transaction,
    repository_tests.test_orders_at_the_same_time_never_pass_the_limit,
    repository_tests.test_refunds_of_an_order_are_remembered,
    repository_tests.test_a_limit_that_is_set_later_counts_what_was_used_before,
    pricer.pricer,
    pricer.test_a_cart_is_priced_stored_and_refunded_to_the_unit,
    pricer.test_a_bundle_that_ended_in_the_meantime_is_priced_again,
    pricer.test_a_cancelled_order_gives_its_bundles_back,
    pricer.test_words_may_change_between_cart_and_order,
    orders.test_orders_are_placed_cancelled_and_refunded_as_a_plain_model_says,
    orders.test_an_order_that_is_placed_again_after_its_cancellation_counts,
    orders.test_the_uses_of_an_order_that_comes_back_to_life_count_again,
    orders.test_the_same_order_placed_twice_at_the_same_time_counts_once,
    orders.test_orders_that_change_at_the_same_time_neither_wait_in_a_circle_nor_pass_a_limit,
    orders.test_a_refund_with_an_id_is_stored_once,
    proposals.ask,
    proposals.test_what_was_cancelled_or_sent_back_does_not_count,
    proposals.test_a_proposal_becomes_a_draft_and_is_accepted_with_it,
    proposals.test_a_rejected_set_stays_rejected,
    proposals.test_the_list_is_sorted_filtered_and_paged,
    proposals.test_one_search_at_a_time,
    proposals.test_searches_at_the_same_time_are_one,
    csv_file.test_new_rows_become_drafts_and_changed_ones_change,
    csv_file.test_who_changes_a_bundle_during_the_import_wins,
)

globals().update({one.__name__: one for one in AGAIN})


@pytest.fixture(scope="module")
def url() -> str:
    """One database for all tests here: to make one takes longer than most of them."""
    return postgres_url()


@pytest.fixture
def shop(make_shop: Callable[..., SmallShop], url: str) -> Iterator[SmallShop]:
    """A small shop on PostgreSQL with empty tables, inside its app context."""
    made = make_shop(SQLALCHEMY_DATABASE_URI=url)
    with made.app.app_context():
        with made.storefront.database.writing() as session:
            names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
            session.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
        yield made


def test_a_nul_in_what_is_asked_finds_nothing(shop: SmallShop) -> None:
    """PostgreSQL raises for one in a text; addresses and forms come from anybody."""
    database = shop.storefront.database
    rows, count = list_bundles(database, Filters(text="\x00 a\x00b"))
    assert (rows, count) == ([], 0)
    with pytest.raises(proposal_store.ProposalNotFound):
        proposal_store.load(database, "a\x00b")
    for decide in (proposal_store.reject, proposal_store.unreject):
        assert decide(database, ["a\x00b"]) == []
    with database.writing() as session:
        assert not proposal_store.accept(session, "a\x00b", 1)
