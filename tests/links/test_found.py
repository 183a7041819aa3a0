"""What in a text is an address, where it ends, and where it leads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.links.found import URL_MAX, addresses, target


def written(text: str) -> list[str]:
    return [text[found.start : found.end] for found in addresses(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://shop.example/sale now", ["https://shop.example/sale"]),
        ("https://shop.example", ["https://shop.example"]),
        ("http://shop.example/a?b=c&d=%20#e", ["http://shop.example/a?b=c&d=%20#e"]),
        ("Go to www.shop.example today", ["www.shop.example"]),
        ("HTTPS://SHOP.EXAMPLE/A and Www.Shop.example", ["HTTPS://SHOP.EXAMPLE/A", "Www.Shop.example"]),
        (
            "https://a.example https://b.example\nhttps://c.example",
            ["https://a.example", "https://b.example", "https://c.example"],
        ),
        ("https://shop.example:8443/x", ["https://shop.example:8443/x"]),
        ("https://127.0.0.1:8000/x http://localhost/y", ["https://127.0.0.1:8000/x", "http://localhost/y"]),
        ("http://[2001:db8::1]/x", ["http://[2001:db8::1]/x"]),
    ],
)
def test_addresses_with_a_scheme_or_www_are_found(text: str, expected: list[str]) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No.1 in shop.example, e.g. today",
        "mail me@www.shop.example",
        "ftp://shop.example javascript:alert(1) file:///etc/passwd",
        "http:// https:/shop.example https:shop.example",
        "https://shop http://.example https://..",
        "https://user@shop.example https://user:pass@shop.example https://shop.example@evil.example",
        "https://shop.example:port https://shop.example:99999 https://[::1",
        "xhttps://shop.example",
        "awww.shop.example",
        "https://-_-!/ https://a b",
    ],
)
def test_other_things_are_none(text: str) -> None:
    assert written(text) == []


@pytest.mark.parametrize(
    "behind", [".", ",", ";", ":", "!", "?", "...", "!?", "'", "\u037e", "\u0387", ")", "]", "}", ").", "!)"]
)
def test_punctuation_behind_an_address_is_the_sentences(behind: str) -> None:
    assert written(f"Come (or see https://shop.example/sale{behind}") == ["https://shop.example/sale"]
    assert written(f"https://shop.example/sale{behind} Bye") == ["https://shop.example/sale"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(https://shop.example/sale)", "https://shop.example/sale"),
        ("https://shop.example/Sale_(spring)", "https://shop.example/Sale_(spring)"),
        ("(https://shop.example/Sale_(spring))", "https://shop.example/Sale_(spring)"),
        ("[https://shop.example]", "https://shop.example"),
        ("«https://shop.example»", "https://shop.example"),
        ("“https://shop.example”", "https://shop.example"),
        ('"https://shop.example"', "https://shop.example"),
        ("<https://shop.example>", "https://shop.example"),
        ("https://shop.example\N{PARTY POPPER}", "https://shop.example"),
        ("Δείτε:https://shop.example/προσφορές!", "https://shop.example/προσφορές"),
        ("https://shop.example/a_b-c~d", "https://shop.example/a_b-c~d"),
        ("https://shop.example/", "https://shop.example/"),
    ],
)
def test_brackets_and_quotes_around_it_are_not_its_own(text: str, expected: str) -> None:
    assert written(text) == [expected]


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("www.shop.example", "http://www.shop.example"),
        ("WWW.Shop.Example/A", "http://www.shop.example/A"),
        ("HTTPS://Shop.Example/A?B=C", "https://shop.example/A?B=C"),
        (
            "https://shop.example/προσφορές",
            "https://shop.example/%CF%80%CF%81%CE%BF%CF%83%CF%86%CE%BF%CF%81%CE%AD%CF%82",
        ),
        ("https://shop.example/%CF%80?q=a%26b", "https://shop.example/%CF%80?q=a%26b"),
        ("https://καφές.example/a", "https://xn--ixah0a8as.example/a"),
        ("https://ΚΑΦΈΣ.example/a", "https://xn--ixah0a1bn.example/a"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://shop.example/a\\b|c", "https://shop.example/a%5Cb%7Cc"),
        ("https://shop.example/?n={name}", "https://shop.example/?n=%7Bname%7D"),
        ("https://shop.example.", "https://shop.example."),
    ],
)
def test_where_it_leads_is_ascii(address: str, url: str) -> None:
    assert target(address) == url


def test_an_address_that_is_too_long_is_left_alone() -> None:
    most = "https://shop.example/" + "a" * (URL_MAX - 21)

    assert target(most) == most
    assert target(f"{most}a") is None


def test_an_address_beside_a_placeholder_is_only_a_part_of_one() -> None:
    text = "https://shop.example/?c="

    assert list(addresses(text, glued_behind=True)) == []
    assert list(addresses(text, glued_before=True)) == []
    assert [found.url for found in addresses(f" {text} ", glued_before=True, glued_behind=True)] == [text]


@given(st.text())
def test_whatever_the_text_nothing_breaks_and_targets_are_plain(text: str) -> None:
    for found in addresses(text):
        assert found.url.isascii()
        assert found.url.startswith(("http://", "https://"))
        assert 0 <= found.start < found.end <= len(text)
        assert not any(character.isspace() for character in found.url)


@given(st.text("https://w.aé@:%[]()\\#?=&;-_ \n", max_size=60))
def test_nor_with_texts_that_look_like_addresses(text: str) -> None:
    ends = [0]
    for found in addresses(text):
        assert found.start >= ends[-1]
        assert found.url == target(text[found.start : found.end])
        ends.append(found.end)
