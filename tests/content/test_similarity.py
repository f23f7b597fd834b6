"""Products alike in content: answers known by construction."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storefront_plugin.content import index as content
from storefront_plugin.content.index import index_catalogue
from storefront_plugin.content.neighbours import KEPT, MAX_TOKENS, features, tokens
from storefront_plugin.content.rankings import Ranking
from storefront_plugin.core.errors import StoreUnavailable
from storefront_plugin.recommending.strategies import RANKINGS
from storefront_plugin.redis_store import Command, RedisStore
from storefront_plugin.redis_store.keys import Keys
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.ports import Product


class Index:
    """A catalogue with its numbers, indexed into Redis."""

    def __init__(self, store: RedisStore, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.keys = Keys(f"t{secrets.token_hex(4)}")
        self.numbers: dict[str, int] = {}

    def number_products(self, ids: Sequence[str]) -> dict[str, int]:
        """Short numbers, as the order log gives them."""
        for product_id in ids:
            self.numbers.setdefault(product_id, len(self.numbers) + 1)
        return {product_id: self.numbers[product_id] for product_id in ids}

    def run(self, *products: Product, rankings: Sequence[Ranking] = RANKINGS) -> str:
        """Index *products*; the edition."""
        catalog = MemoryCatalog(products)
        return index_catalogue(catalog, self.number_products, self.store, self.keys, self.folder, rankings=rankings)

    def alike(self, edition: str, product_id: str) -> dict[str, float]:
        """The neighbours of a product, the most alike first."""
        read = Command(self.keys.alike(edition, self.numbers[product_id]), "ZRANGE", (0, -1, "REV", "WITHSCORES"))
        ids = {str(number).encode(): name for name, number in self.numbers.items()}
        return {ids[member]: score / 1e6 for member, score in self.store.execute([read])[0]}


@pytest.fixture
def index(redis_url: str, tmp_path: Path) -> Iterator[Index]:
    """An empty index."""
    store = RedisStore(redis_url, tmp_path, 5.0)
    yield Index(store, tmp_path)
    store.close()


def product(id: str, title: str, *categories: str, **more: Any) -> Product:
    """A product with a price."""
    return Product(id=id, title=title, price=Decimal(1), category_ids=categories, **more)


def test_words_are_folded_and_dense_scripts_cut_into_pairs() -> None:
    """Latin words are case-folded; Japanese, which has no spaces, gives each two neighbouring characters."""
    assert list(tokens("Red MUG, 50mm – a 7")) == ["red", "mug", "50mm", "7"]
    assert list(tokens("陶器マグカップ")) == ["陶器", "器マ", "マグ", "グカ", "カッ", "ップ"]
    assert list(tokens("50mmレンズ 赤")) == ["50mm", "レン", "ンズ", "赤"]
    assert list(tokens("Straße ＡＢＣ")) == ["strasse", "abc"]


def test_a_long_description_is_cut() -> None:
    """No product has more words than the limit, and those of the title are among them."""
    found = features(product("a", "Very special mug", description=" ".join(f"word{n}" for n in range(2000))))
    words = [name for name in found if name.startswith("t:")]
    assert len(words) == MAX_TOKENS
    assert "t:special" in words


def test_same_category_stands_before_same_words(index: Index) -> None:
    """A mug stands beside other mugs before a book about mugs."""
    edition = index.run(
        product("mug", "Blue ceramic mug", "mugs"),
        product("cup", "Green stoneware cup", "mugs"),
        product("book", "Blue ceramic mug", "books"),
        product("lamp", "Desk light", "lamps"),
    )
    assert list(index.alike(edition, "mug")) == ["cup", "book"]


def test_within_a_category_more_in_common_is_more_alike(index: Index) -> None:
    """Brand, attributes and words decide where the category is the same; the order is known by construction."""
    edition = index.run(
        product("x", "Zoom lens 24-70", "lenses", brand="Nord", attributes={"mount": "X"}),
        product("all", "Zoom lens 70-200", "lenses", brand="Nord", attributes={"mount": "X"}),
        product("two", "Zoom lens wide", "lenses", brand="Other", attributes={"mount": "X"}),
        product("one", "Zoom lens fish", "lenses", brand="Other", attributes={"mount": "Y"}),
        product("none", "Macro", "lenses", brand="Other", attributes={"mount": "Z"}),
    )
    assert list(index.alike(edition, "x")) == ["all", "two", "one", "none"]


def test_rarer_shared_categories_weigh_more(index: Index) -> None:
    """Beyond the first category, sharing one of few products says more than sharing one of many."""
    common = [product(f"n{n}", f"Thing{n}", f"own{n}", "everything") for n in range(8)]
    edition = index.run(
        product("seed", "Aaa", "a", "rare", "everything"),
        product("near", "Bbb", "b", "rare"),
        product("far", "Ccc", "c", "everything"),
        *common,
    )
    found = index.alike(edition, "seed")
    assert found["near"] > found.get("far", 0)


def mugs(count: int) -> list[Product]:
    """So many mugs with nothing in common but their department."""
    return [product(f"mug{n}", f"Thing{n}", f"kind{n}", "kitchen") for n in range(count)]


def test_a_product_of_another_department_is_no_neighbour_of_one_with_enough_of_its_own(index: Index) -> None:
    """However many words they share; with fewer than four of its own the closest of others help."""
    others = [product(f"p{n}", f"Other{n}", f"other{n}", "phones") for n in range(9)]
    mug = product("mug", "Sage mug with a lid", "mugs", "kitchen")
    phone = product("phone", "Sage phone with a lid", "smart", "phones")
    assert set(index.alike(index.run(mug, phone, *mugs(4), *others), "mug")) == {"mug0", "mug1", "mug2", "mug3"}
    assert set(index.alike(index.run(mug, phone, *mugs(3), *others), "mug")) == {"mug0", "mug1", "mug2", "phone"}


def test_a_shared_word_alone_makes_no_neighbours_of_two_departments(index: Index) -> None:
    """One word of many is less than the floor, also where no product has a category."""
    words = [" ".join(f"w{n}x{m}" for m in range(30)) for n in range(2)]
    mug = product("mug", "Sage mug", "mugs", description=words[0])
    phone = product("phone", "Sage phone", "phones", description=words[1])
    more = [product(f"p{n}", f"Sage thing{n}", f"c{n}", description=f"d{n}") for n in range(9)]
    assert "phone" not in index.alike(index.run(mug, phone, *more), "mug")


def test_a_category_of_all_products_makes_no_department(index: Index) -> None:
    """Wherever it stands: the others decide."""
    found = [product(f"{kind}{n}", f"{kind} {n}", "all", kind) for kind in ("mug", "phone") for n in range(6)]
    assert set(index.alike(index.run(*found), "mug0")) == {f"mug{n}" for n in range(1, 6)}


def test_japanese_titles_find_each_other(index: Index) -> None:
    """Without spaces and without categories, shared characters are enough."""
    edition = index.run(
        product("1", "青い陶器のマグカップ"), product("2", "赤い陶器のマグカップ"), product("3", "木製の椅子")
    )
    found = index.alike(edition, "1")
    assert next(iter(found)) == "2"
    assert found["2"] > found.get("3", 0.0)


def test_variants_of_one_group_and_hidden_products_stay_out(index: Index) -> None:
    """A product is never beside its own other colour, and nothing hidden is beside anything."""
    edition = index.run(
        product("red", "Mug red", "mugs", variant_group="mug"),
        product("blue", "Mug blue", "mugs", variant_group="mug"),
        product("other", "Mug large", "mugs"),
        product("hidden", "Mug", "mugs", visible=False),
    )
    assert list(index.alike(edition, "red")) == ["other"]
    assert set(index.alike(edition, "other")) == {"red", "blue"}
    assert not index.alike(edition, "hidden")


def test_a_large_category_gives_everyone_neighbours(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where no feature is rare enough to be compared by, each product has its full number of neighbours."""
    monkeypatch.setattr("storefront_plugin.content.neighbours.PAIR_BUDGET", 0)
    edition = index.run(*(product(f"p{n}", "The same for all", "one") for n in range(100)))
    assert all(len(index.alike(edition, f"p{n}")) == KEPT for n in range(100))


def test_an_odd_catalogue_is_indexed(index: Index) -> None:
    """Products with nothing in common, with empty titles or quotes and line ends in their data break nothing."""
    edition = index.run(
        product("q'\"\n", 'It\'s "quoted"\r\n$5', "c'\"\r\n"),
        product("other", "{json} [1,2] \\", "c'\"\r\n", brand="'; DROP TABLE products"),
        product("empty", "   "),
        product("emoji", "🎉🎉🎉"),
    )
    assert list(index.alike(edition, "other")) == list(index.numbers)[:1]


def test_an_empty_catalogue_is_indexed(index: Index) -> None:
    """A shop before its first product gets an edition with nothing in it."""
    edition = index.run()
    assert index.store.execute([Command(index.keys.news, "HGET", ("edition",))]) == [edition.encode()]


def test_best_rated_are_stored_by_their_lower_bound(index: Index) -> None:
    """Stars without reviews and hidden products are left out."""
    edition = index.run(
        product("one", "A", rating=5.0, review_count=1),
        product("many", "B", rating=4.6, review_count=200),
        product("unsaid", "C", rating=5.0),
        product("hidden", "D", rating=5.0, review_count=500, visible=False),
    )
    (best,) = index.store.execute(
        [Command(index.keys.ranking(edition, "rated"), "ZRANGE", (0, -1, "REV", "WITHSCORES"))]
    )
    assert [member for member, _ in best] == [b"2", b"1"]
    assert all(0 < score < 5e6 for _, score in best)


def test_a_ranking_is_stored_with_its_edition_and_goes_with_it(index: Index) -> None:
    """By its values, where it says no scores; products without a value and hidden ones have no place in it."""
    days = {"old": 1, "new": 30, "hidden": 40}
    products = [
        product(name, "Mug", visible=name != "hidden", created_at=dt.datetime(2026, 1, 1) + dt.timedelta(days=day))
        for name, day in days.items()
    ]
    newest = Ranking("newest", lambda one: one.created_at and (one.created_at - dt.datetime(2026, 1, 1)).days)
    first, second = (index.run(*products, product("undated", "Cup"), rankings=[newest]) for _ in range(2))
    read = Command(index.keys.ranking(second, "newest"), "ZRANGE", (0, -1, "REV", "WITHSCORES"))
    lives = [Command(index.keys.ranking(edition, "newest"), "TTL") for edition in (first, second)]
    best, before, now = index.store.execute([read, *lives])
    assert [(member, score / 1e6) for member, score in best] == [(b"2", 30), (b"1", 1)]
    assert 0 < before <= content.KEPT_SECONDS
    assert now == -1


def test_the_edition_before_goes_a_minute_later(index: Index) -> None:
    """Processes that have not heard of the new edition can still read the old one, which then expires by itself."""
    products = [product("a", "Mug one", "mugs"), product("b", "Mug two", "mugs")]
    old = index.run(*products)
    new = index.run(*products)
    reads = [Command(index.keys.alike(edition, 1), "TTL") for edition in (old, new)]
    before, now = index.store.execute(reads)
    assert 0 < before <= content.KEPT_SECONDS
    assert now == -1


def test_a_broken_indexing_changes_nothing_and_leaves_nothing(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """The edition before stays named; the next indexing removes what the broken one left."""
    products = [product("a", "Mug one", "mugs"), product("b", "Mug two", "mugs")]
    good = index.run(*products)
    with monkeypatch.context() as patch:
        patch.setattr(content, "_store_ranking", _refused)
        with pytest.raises(StoreUnavailable):
            index.run(*products)
    assert index.store.execute([Command(index.keys.news, "HGET", ("edition",))]) == [good.encode()]
    (broken,) = index.store.execute([Command(index.keys.news, "HGET", ("indexing",))])
    index.run(*products)
    assert not list(index.store.scan(f"*{broken.decode()}*"))
    assert not list(index.folder.glob("alike-*"))


def test_an_overtaken_indexing_takes_its_keys_away(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two at the same time the later stays; the earlier says so and leaves no keys."""
    products = [product("a", "Mug one", "mugs"), product("b", "Mug two", "mugs")]
    store_ranking = content._store_ranking
    later: list[str] = []

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(content, "_store_ranking", store_ranking)
        later.append(index.run(*products))
        store_ranking(*arguments)

    monkeypatch.setattr(content, "_store_ranking", overtaken)
    with pytest.raises(content.IndexingOvertaken):
        index.run(*products)
    editions = {key.split(b".")[1] for key in index.store.scan(f"{index.keys.prefix}:*alike.*")}
    assert editions == {later[0].encode()}


def _refused(*arguments: Any) -> None:
    raise StoreUnavailable("broken on purpose")
