"""The soak notices what it is there to notice."""

import pytest
from messages import CANCELLED, Incoming, make, split


def incoming(*numbers):
    """What has come in of connection 7: those messages of its sender 1."""
    result = Incoming(7)
    for number in numbers:
        result.check(make(7, 1, number, 100, text=number % 2))
    return result


@pytest.mark.parametrize('text', [True, False])
@pytest.mark.parametrize('size', [0, 1, 5, 1000])
def test_messages(size, text):
    message = make(12, 3, 4, size, text)
    assert split(message) == (12, 3, 4)
    assert len(message) > size


def test_each_sender_has_its_numbers():
    result = incoming(0, 1, 2)
    assert result.check(make(7, 0, 0, 10, True)) == 0
    result.check_totals({0: 1, 1: 3, 2: 0})


@pytest.mark.parametrize('numbers', [[1], [0, 0], [0, 2], [0, 1, 0]])
def test_lost_doubled_or_out_of_order(numbers):
    with pytest.raises(ValueError, match='^got 7/1/., expected 7/1/.$'):
        incoming(*numbers)


def test_the_last_is_lost():
    with pytest.raises(ValueError, match='^got 2 of 3 messages of sender 1$'):
        incoming(0, 1).check_totals({1: 3})


def test_cancelled_messages_may_be_missing():
    result = Incoming(7)
    for number in 1, 4:
        result.check(make(7, CANCELLED, number, 10, True))
    result.check_totals({CANCELLED: 9})
    with pytest.raises(ValueError, match='^got 7/3/4, expected 7/3/5$'):
        result.check(make(7, CANCELLED, 4, 10, True))
    with pytest.raises(ValueError, match='^got 5 of 2 messages'):
        result.check_totals({CANCELLED: 2})


def test_of_another_connection():
    with pytest.raises(ValueError, match='^got 8/1/0, expected 7/1/0$'):
        Incoming(7).check(make(8, 1, 0, 10, True))


def test_damaged():
    good = make(7, 1, 0, 200, text=False)
    other = make(7, 1, 251, 200, text=False)
    for message in (
        good[:-1],
        good + b'\x00',
        good[:100] + b'\xff' + good[101:],
        good[:100] + other[-100:] + good[200:],
        good.replace(b'7/1/0', b'7/1/1'),
        make(7, 1, 0, 200, text=True).encode(),  # the other type
        b'',
        b'bye',
    ):
        with pytest.raises(ValueError, match='^damaged'):
            split(message)
