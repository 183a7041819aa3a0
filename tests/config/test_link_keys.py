"""The keys of links are read at start, and what is no key stops the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.link_keys import derived, parse_link_keys


def test_keys_keep_their_order_and_a_secret_may_hold_colons() -> None:
    keys = parse_link_keys(["b:0123456789:abcdef", "A:fedcba9876543210"], otherwise="other")

    assert list(keys.items()) == [("b", "0123456789:abcdef"), ("A", "fedcba9876543210")]


def test_without_any_there_is_one() -> None:
    assert parse_link_keys([], otherwise="other") == {"0": "other"}


@pytest.mark.parametrize(
    "texts",
    [
        [""],
        ["0123456789abcdefg"],
        ["ab:0123456789abcdef"],
        ["_:0123456789abcdef"],
        [":0123456789abcdef"],
        ["0:too-short"],
        ["0:0123456789abcdef", "0:fedcba9876543210"],
        ["0:0123456789abcdef", "nonsense"],
    ],
)
def test_what_is_no_key_stops_the_start(texts: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="LINK_KEYS"):
        parse_link_keys(texts, otherwise="other")


def test_a_key_for_one_purpose_is_not_that_of_another() -> None:
    secret = "0123456789abcdef"

    assert derived(secret, purpose="opt-out") == derived(secret, purpose="opt-out")
    assert derived(secret, purpose="opt-out") != derived(secret, purpose="join")
    assert len(derived(secret, purpose="join")) == 32
