"""Prices, dates, texts and roles: what can be read in one way is read so, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from discovery.errors import InputInvalid
from indexers.sources.markup import plain_text
from indexers.sources.patterns import PathPatterns
from indexers.sources.roles import references, told_role, with_hero
from indexers.sources.values import Locale, listed, parse_locale, parse_moment, parse_price

NOWHERE = Locale()


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("34", 34, None),
        ("12.5", 12.5, None),
        ("0", 0, None),
        ("12,50 EUR", 12.5, "EUR"),
        ("EUR 12.50", 12.5, "EUR"),
        ("€ 1.299,00", 1299, "EUR"),
        ("1,299.00", 1299, None),
        ("1.299.000", 1299000, None),
        ("$5", 5, None),
        ("US$5.00", 5, "USD"),
        ("£1,299.99", 1299.99, "GBP"),
        ("1 299,00 zł", 1299, "PLN"),
        ("1\u202f299,5", 1299.5, None),
        ("CHF 1'299.95", 1299.95, "CHF"),
        ("5,-", 5, None),
        ("0.125", 0.125, None),
        ("0,999", 0.999, None),
        ("1299,990", 1299.99, None),
        (".99", 0.99, None),
        ("12.", 12, None),
    ],
)
def test_prices_that_mean_one_thing(text: str, amount: float, currency: str | None) -> None:
    read, told = parse_price(text, NOWHERE)
    assert read == pytest.approx(amount)
    assert told == currency


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.299", "two prices"),
        ("1,299", "two prices"),
        ("-3", "negative"),
        ("(5.00)", "negative"),
        ("\u22123,50", "negative"),
        ("free", "not a price"),
        ("1.2.3", "grouped"),
        ("1,2,3.4", "grouped"),
        ("12 34", "grouped"),
        ("1e5", "not a price"),
        ("nan", "not a price"),
        ("٣", "not a price"),
        ("5" * 100, "not a price"),
        (".", "not a price"),
        ("€", "not a price"),
    ],
)
def test_prices_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_price(text, NOWHERE)


def test_a_locale_decides_what_is_open_and_only_that() -> None:
    german, english = parse_locale("de_DE"), parse_locale("en-GB")
    assert parse_price("1.299", german)[0] == 1299
    assert parse_price("1.299", english)[0] == pytest.approx(1.299)
    assert parse_price("1,299", english)[0] == 1299
    assert parse_price("12.50", german)[0] == 12.5
    assert parse_locale("de-CH").decimal == "."
    assert parse_locale("en-US").month_first
    with pytest.raises(InputInvalid, match="locale"):
        parse_locale("tlh")


@given(st.text(max_size=90), st.sampled_from(["", "de", "en-US"]))
def test_any_text_is_a_finite_price_or_refused(text: str, locale: str) -> None:
    try:
        amount, _ = parse_price(text, parse_locale(locale))
    except ValueError:
        return
    assert 0 <= amount < float("inf")


@given(st.integers(0, 10**12), st.integers(0, 99))
def test_every_way_of_writing_an_amount_with_cents_comes_to_the_same(whole: int, cents: int) -> None:
    amount = pytest.approx(whole + cents / 100)
    grouped = f"{whole:,}"
    for text in (
        f"{whole}.{cents:02}",
        f"{whole},{cents:02}",
        f"{grouped}.{cents:02}",
        f"{grouped.replace(',', '.')},{cents:02}",
        f"{grouped.replace(',', ' ')},{cents:02} EUR",
    ):
        assert parse_price(text, NOWHERE)[0] == amount


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-31", datetime(2024, 3, 31, tzinfo=UTC)),
        ("2024-03-31T10:00:00Z", datetime(2024, 3, 31, 10, tzinfo=UTC)),
        ("2024-03-31 10:00:00", datetime(2024, 3, 31, 10, tzinfo=UTC)),
        ("2024-03-31T10:00:00+02:00", datetime(2024, 3, 31, 8, tzinfo=UTC)),
        ("2024/3/1", datetime(2024, 3, 1, tzinfo=UTC)),
        ("1.3.2024", datetime(2024, 3, 1, tzinfo=UTC)),
        ("31/12/2024", datetime(2024, 12, 31, tzinfo=UTC)),
        ("12/31/24, 9:00 PM", datetime(2024, 12, 31, 21, tzinfo=UTC)),
        ("3/4/19, 12:53 AM", datetime(2019, 3, 4, 0, 53, tzinfo=UTC)),
        ("5/5/2024", datetime(2024, 5, 5, tzinfo=UTC)),
    ],
)
def test_dates_that_mean_one_thing(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOWHERE) == moment


@pytest.mark.parametrize("text", ["3/4/2024", "2024-13-01", "31/31/2024", "soon", "2024", "30.2.2024", "1/2"])
def test_dates_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="date"):
        parse_moment(text, NOWHERE)


def test_a_locale_decides_which_comes_first() -> None:
    assert parse_moment("3/4/2024", parse_locale("en-US")).month == 3
    assert parse_moment("3/4/2024", parse_locale("en-GB")).month == 4


@given(st.text(max_size=40))
def test_any_text_is_a_moment_with_a_zone_or_refused(text: str) -> None:
    try:
        assert parse_moment(text, NOWHERE).tzinfo is not None
    except ValueError:
        return


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("  two   spaces \n and lines ", "two spaces\nand lines"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("a<br>b<br/>c</br>d", "a\nb\nc\nd"),
        ("<ul>\n<li>one</li>\n<li>two\n</ul>", "• one\n• two"),
        ("R&amp;D &bull; 5&nbsp;&euro; &trade;", "R&D • 5 € ™"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        ("<script>alert(1)</script>seen<style>p{}</style>", "seen"),
        ("line\nwrapped <b>here</b>", "line wrapped here"),
        ("<![odd declaration]>text", "text"),
        ("<p>unclosed <b>bold", "unclosed bold"),
    ],
)
def test_descriptions_become_what_a_reader_sees(html: str, text: str) -> None:
    assert plain_text(html) == text


@given(st.text(alphabet="<>!&;/[]-?abp li\n\"'=#x0", max_size=60))
def test_no_markup_however_broken_raises(text: str) -> None:
    assert plain_text(text) == plain_text(text).strip()


def test_roles_are_told_by_the_last_word_of_a_name() -> None:
    assert told_role("w/j/wj01-red_back.jpg") == "back"
    assert told_role("wj01_alt2.jpg") == "alternate"
    assert told_role("mug-detail.webp") == "detail"
    assert told_role("mug_front_v2.jpg") == "hero"
    assert told_role("mug-back-3.jpg") == "back"
    assert told_role("bow.jpg") is None
    assert told_role("backpack.jpg") is None
    assert told_role("10002.jpg") is None


def test_the_hero_is_what_the_name_says_or_the_first_that_says_nothing() -> None:
    def roles(*paths: str) -> list[str]:
        return [image.role for image in references(paths)]

    assert roles("a_back.jpg", "a.jpg", "a_front.jpg") == ["back", "alternate", "hero"]
    assert roles("a_back.jpg", "a.jpg", "b.jpg") == ["back", "hero", "alternate"]
    assert roles("a_back.jpg", "a_detail.jpg") == ["hero", "detail"]
    assert roles("./a.jpg", "/a.jpg", " a.jpg ", "") == ["hero"]
    assert [i.role for i in with_hero("x_back.jpg", ["x.jpg", "x_back.jpg", "x_main.jpg"])] == [
        "hero", "alternate", "alternate",
    ]  # fmt: skip


def test_listed_values_are_trimmed_and_once() -> None:
    assert listed("a| b |a||", "|") == ("a", "b")
    assert listed("", "|") == ()
    assert listed("a\nb\n", "\n") == ("a", "b")


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("*.jpg", ["a.jpg", "x/y/A.JPG", "a.jpg/b"], ["a.jpeg", "jpg"]),
        ("raw", ["raw", "raw/a.jpg", "x/raw/a.jpg"], ["raw.jpg", "draw/a.jpg"]),
        ("raw/", ["raw/a.jpg", "x/raw/b"], ["xraw/a.jpg"]),
        ("/raw/*.tif", ["raw/a.tif"], ["x/raw/a.tif", "raw/b/a.tif"]),
        ("raw/**/*.tif", ["raw/a.tif", "raw/b/c/a.tif"], ["raw.tif"]),
        ("**/final/*", ["final/a", "x/y/final/a"], ["finally/a"]),
        ("mug-?.jpg", ["mug-1.jpg"], ["mug-12.jpg", "mug-/.jpg"]),
        ("mug[0-9].jpg", ["mug1.jpg"], ["muga.jpg"]),
        ("mug[!0-9].jpg", ["muga.jpg"], ["mug1.jpg", "mug/.jpg"]),
        ("a[.jpg", ["a[.jpg"], ["a.jpg"]),
        ("a+(b).jpg", ["a+(b).jpg"], ["aab.jpg"]),
    ],
)
def test_patterns_fit_paths(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    patterns = PathPatterns((pattern,), ())
    assert [key for key in fits if not patterns.takes(key)] == []
    assert [key for key in fits_not if patterns.takes(key)] == []


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(InputInvalid, match="range"):
        PathPatterns(("[z-a].jpg",), ())


@example("[a--b]", "a")
@given(st.text(alphabet="ab*?[]!^-/.\\&|~", max_size=12), st.text(alphabet="ab/.", max_size=12))
def test_any_pattern_compiles_or_is_refused(pattern: str, key: str) -> None:
    try:
        patterns = PathPatterns((), (pattern,))
    except InputInvalid:
        return
    assert patterns.takes(key) is not patterns.excludes(key)
