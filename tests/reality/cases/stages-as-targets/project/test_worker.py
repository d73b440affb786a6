import pytest


def test_nothing():
    with pytest.raises(ZeroDivisionError):
        1 / 0
