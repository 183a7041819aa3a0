"""One moment: within it a thing is read once, outside of it each time."""

from itertools import count

import pytest

from config.moment import at_one_moment, is_one_moment, once


def test_outside_everything_is_read_anew() -> None:
    numbers = count()

    assert [once("a", lambda: next(numbers)) for _ in range(2)] == [0, 1]
    assert not is_one_moment()


def test_within_it_each_key_is_read_once() -> None:
    numbers = count()

    with at_one_moment():
        assert is_one_moment()
        assert [once(key, lambda: next(numbers)) for key in ("a", "b", "a")] == [0, 1, 0]

    assert once("a", lambda: next(numbers)) == 2


def test_nothing_is_remembered_of_a_read_that_failed() -> None:
    def away() -> int:
        raise LookupError

    with at_one_moment():
        with pytest.raises(LookupError):
            once("a", away)
        assert once("a", lambda: 1) == 1


def test_it_ends_also_with_an_error() -> None:
    with pytest.raises(LookupError), at_one_moment():
        raise LookupError

    assert not is_one_moment()
