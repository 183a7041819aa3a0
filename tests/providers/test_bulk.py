"""Several calls in turn, and the grouping they go by, without any provider."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.bulk import NOT_CALLED, by_text, in_turn
from providers.callbacks import address, reference_of
from providers.interface import Accepted, CallResult, Item, Outcome, Refused, Unsure

ITEMS = [Item(f"ref-{n}", f"+3069000003{n:02}", "Hello", "SHOP") for n in range(6)]
BAD = Refused("provider_rejected", "400", retryable=False)
BUSY = Refused("provider_error", "busy", retryable=True)


class Scripted:
    """Plays the results in order, then accepts; remembers who was called."""

    def __init__(self, *results: CallResult) -> None:
        self.results, self.called = list(results), list[list[str]]()

    def __call__(self, items: Sequence[Item], seconds: float) -> CallResult:
        self.called.append([item.reference for item in items])
        if self.results:
            return self.results.pop(0)
        return CallResult([Accepted(f"id-{item.reference}") for item in items], raw_status=201)


def turn(
    *results: CallResult, groups: list[list[Item]] | None = None, seconds: float = 5
) -> tuple[CallResult, Scripted]:
    call = Scripted(*results)
    return in_turn(ITEMS, groups or [[item] for item in ITEMS], call, deadline_seconds=seconds), call


def accepted(*places: int) -> list[Outcome]:
    return [Accepted(f"id-ref-{place}") for place in places]


def test_everything_is_called_once_in_order() -> None:
    result, call = turn()

    assert result.outcomes == accepted(0, 1, 2, 3, 4, 5)
    assert call.called == [["ref-0"], ["ref-1"], ["ref-2"], ["ref-3"], ["ref-4"], ["ref-5"]]
    assert (result.not_sent, result.raw_status, result.split) == (False, 201, False)


def test_outcomes_come_in_the_order_of_the_items_whatever_the_groups() -> None:
    result, _ = turn(groups=[ITEMS[3:], ITEMS[:3]])

    assert result.outcomes == accepted(0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    "last",
    [
        CallResult([Unsure("?")], note="late"),
        CallResult([BUSY], not_sent=True, retry_after=9.0, raw_status=429),
        CallResult([BUSY], route_fault="credentials", not_sent=True, raw_status=401),
        CallResult([Unsure("?")], route_fault="credentials", raw_status=401),
    ],
)
def test_ends_with_the_first_doubt_or_rest(last: CallResult) -> None:
    result, call = turn(CallResult([BAD], raw_status=400), last)

    assert result.outcomes == [BAD, last.outcomes[0], *[NOT_CALLED] * 4]
    assert len(call.called) == 2
    assert (result.retry_after, result.route_fault, result.raw_status, result.note) == (
        last.retry_after, last.route_fault, last.raw_status, last.note,
    )  # fmt: skip


def test_a_try_is_given_back_only_without_a_doubt() -> None:
    rest, _ = turn(CallResult([BUSY], not_sent=True))
    doubt, _ = turn(CallResult([Unsure("?")]))
    refused, _ = turn(CallResult([BUSY], raw_status=400))

    assert (rest.not_sent, doubt.not_sent, refused.not_sent) == (True, False, False)


def test_a_deadline_that_is_over_calls_nobody() -> None:
    result, call = turn(seconds=0)

    assert (result.outcomes, result.not_sent, call.called) == ([NOT_CALLED] * 6, True, [])


def test_a_split_group_is_halved_down_to_the_culprit() -> None:
    def split(size: int) -> CallResult:
        return CallResult([BUSY] * size, split=True, raw_status=400)

    taken = CallResult(accepted(0, 1, 2), raw_status=201)
    result, call = turn(split(6), taken, split(3), CallResult([BAD], raw_status=400), groups=[ITEMS])

    assert call.called[2:] == [["ref-3", "ref-4", "ref-5"], ["ref-3"], ["ref-4", "ref-5"]]
    assert result.outcomes == [*accepted(0, 1, 2), BAD, *accepted(4, 5)]


def test_an_id_of_two_items_belongs_to_neither() -> None:
    result, _ = turn(*[CallResult([Accepted(each)]) for each in ("a", "b", "a")])

    assert [type(outcome) for outcome in result.outcomes[:3]] == [Unsure, Accepted, Unsure]
    assert result.not_sent is False


def test_notes_are_said_once() -> None:
    result, _ = turn(*[CallResult([BAD], note=note) for note in ("a", "b", "a")])

    assert result.note == "a; b"


items = st.lists(
    st.builds(
        Item,
        st.text("0123456789abcdef", min_size=32, max_size=32),
        st.sampled_from([f"+30690000040{n}" for n in range(9)]),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["SHOP", "OTHER"]),
    ),
    max_size=25,
)


@settings(max_examples=100, deadline=None)
@given(items, st.integers(1, 5))
def test_grouping_loses_nobody_and_mixes_nothing(drawn: list[Item], most: int) -> None:
    groups = by_text(drawn, most=most)

    assert sorted(item for group in groups for item in group) == sorted(drawn)
    for group in groups:
        assert 1 <= len(group) <= most
        assert len({(item.sender, item.text) for item in group}) == 1
        assert len({item.phone for item in group}) == len(group)


@settings(max_examples=100, deadline=None)
@given(items.filter(bool))
def test_a_callback_address_gives_each_number_its_reference_back(drawn: list[Item]) -> None:
    (group, *_) = by_text(drawn, most=30)
    name, _, value = address("https://h.example/w", group).partition("?")[2].partition("=")

    assert [reference_of({name: value}, item.phone) for item in group] == [item.reference for item in group]
    assert not any(item.phone[1:] in value for item in group)


@pytest.mark.parametrize("query", [{}, {"ref": ""}, {"refs": ""}, {"refs": "short.tooshort"}, {"other": "ref-0"}])
def test_an_address_without_our_reference_has_none(query: dict[str, str]) -> None:
    assert reference_of(query, "+306900000100") is None
