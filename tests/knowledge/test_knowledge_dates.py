from datetime import date

import pytest

from conductor.domain.day import CalendarDay
from conductor.knowledge import entries, image_facts, is_published, published_on, published_wheels, python_image_since
from conductor.knowledge.dates import python_image_system


def on(day: str) -> CalendarDay:
    return CalendarDay(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("reference", "day", "system"),
    [
        ("python:3.11-slim", "2023-05-01", "debian11"),
        ("python:3.11-slim", "2024-05-01", "debian12"),
        ("python:3.11-slim", "2025-09-01", "debian13"),
        ("python:3.11-slim", None, "debian13"),
        ("python:3.8-slim", None, "debian12"),
        ("python:3.7", None, "debian12"),
        ("python:3.6", None, "debian11"),
        ("python:3.11.1-slim", None, "debian11"),
        ("python:3.11.4-slim", "2023-06-10", "debian11"),
        ("python:3.11.4-slim", "2023-07-01", "debian12"),
        ("python:3.12.11", None, "debian13"),
        ("python:3.12.10", None, "debian12"),
        ("python:3.11-slim-bookworm", "2023-05-01", "debian12"),
        ("python:3.7.2-slim", None, None),
        ("python:3.99-slim", None, "debian13"),
        ("debian:latest", "2024-05-01", "debian12"),
        ("debian:stable-slim", None, "debian13"),
        ("debian:9", "2020-01-01", "debian9"),
    ],
)
def test_a_tag_means_the_system_of_its_day(reference, day, system):
    assert image_facts(reference, day=on(day) if day else None).os == system


@pytest.mark.parametrize(
    ("name", "version", "day"),
    [
        ("torch", "2.7.1", "2025-06-04"),
        ("torch", "2.7.1+cu126", "2025-06-04"),
        ("flash_attn", "2.8.3", "2025-08-15"),
        ("flash_attn", "2.8.0", "2025-01-30"),  # no file of its own: not before the one that came before it
        ("torch", "1.4.0", None),
        ("torch", "2.7.0rc1", None),
        ("torch", "no version", None),
        ("somebodys-own", "1.0", None),
    ],
)
def test_the_day_of_a_version_is_known_or_it_is_not(name, version, day):
    assert published_on(name, version) == day


def test_a_version_is_there_a_week_before_its_day_and_everything_is_there_today():
    assert not is_published("torch", "2.7.1", on("2025-05-27"))
    assert is_published("torch", "2.7.1", on("2025-05-28"))
    assert is_published("torch", "2.7.1", None)
    assert is_published("somebodys-own", "1.0", on("1999-01-01"))


@pytest.mark.parametrize(
    ("version", "day"),
    [("3.13", "2024-10-07"), ("3.11.4", "2023-06-07"), ("3.11.99", None), ("3.7", None), ("3.99", None)],
)
def test_the_day_of_a_python_image_is_known_or_it_is_not(version, day):
    assert python_image_since(version) == day


def test_the_days_stand_in_their_order_and_have_their_form():
    for entry in (*entries("python-images"), *entries("release-dates")):
        days = [date.fromisoformat(day) for day in entry["days"].values()]
        assert days
        if entry in entries("python-images"):
            assert days == sorted(days)


def test_every_published_wheel_of_flash_attn_has_a_day():
    assert {
        version
        for version in {one.version for one in published_wheels().values()}
        if not published_on("flash-attn", version)
    } == set()


def test_a_tag_never_goes_back_to_an_older_system():
    order = list(next(entry["days"] for entry in entries("python-images") if entry["name"] == "suites"))
    days = ("2020-01-01", "2021-12-01", "2023-12-01", "2025-12-01")
    for version in ("3.8", "3.9", "3.9.16", "3.11", "3.11.4", "3.12.11"):
        found = [order.index(suite) for day in days if (suite := python_image_system(version, on(day)))]
        assert found == sorted(found)
