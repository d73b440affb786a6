"""Wheels that are made for one torch: rows labelled from their metadata, and an independent reading of the same facts."""

import itertools
import json
import random
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from conductor.knowledge.entries import HERE
from conductor.preflight.wheels import Environment, parse_wheel
from conductor.preflight.wheels.batch import judge_lines
from conductor.preflight.wheels.contents import contents_of
from conductor.preflight.wheels.faults import environment_faults
from conductor.preflight.wheels.publication import publication_fault

LABELLED = [
    json.loads(line) for line in (Path(__file__).parent / "labelled.jsonl").read_text(encoding="utf-8").splitlines()
]


def facts(subject):
    return yaml.safe_load((HERE / f"{subject}.yaml").read_text(encoding="utf-8"))["entries"]


COMPANIONS = [row for row in facts("companions") if row["name"] != "apex"]
TORCHES = {row["name"]: row for row in facts("torch")}
PYTHONS = [f"3.{minor}" for minor in range(8, 16)]
GLIBC_OF = {"manylinux1": (2, 5), "manylinux2014": (2, 17)}


@pytest.mark.parametrize("row", LABELLED, ids=[row["id"] for row in LABELLED])
def test_a_wheel_is_judged_as_its_metadata_says(row):
    answer = json.loads(next(judge_lines([json.dumps(row)])))
    assert [fault["reason"] for fault in answer["faults"]] == row["reasons"], row["why"]
    assert row["remedy"] is None or answer["remedy"] in row["remedy"]


def environments(seed, count):
    """Return environments that an image may really have: a torch of the facts in one of its builds."""
    chance = random.Random(seed)
    for _ in range(count):
        torch = chance.choice(sorted(TORCHES))
        builds = TORCHES[torch].get("cuda_builds") or ["cpu", f"cu{TORCHES[torch]['cuda'].replace('.', '')}"]
        build = chance.choice([None, *builds])
        yield {
            "torch": torch if build is None else f"{torch}+{build}",
            "python": chance.choice(PYTHONS),
            "glibc": chance.choice(["2.17", "2.27", "2.28", "2.31", "2.35"]),
        }


def cuda_major(torch):
    public, _, build = torch.partition("+")
    if build == "cpu":
        return "cpu"
    return build[2:4] if build else TORCHES[public]["cuda"].partition(".")[0]


def oldest_glibc(platform):
    return GLIBC_OF.get(platform) or tuple(int(part) for part in platform.split("_")[1:])


def expected(row, python, environment):
    """Say again, from nothing but the facts, which faults that wheel has there."""
    first, last = (one and int(one.partition(".")[2]) for one in row["python"])
    there = int(environment["python"].partition(".")[2])
    fits_python = python == environment["python"] if python else first <= there and (not last or there <= last)
    fits_glibc = oldest_glibc(row["platform"]) <= tuple(int(part) for part in environment["glibc"].split("."))
    fits_cuda = not row["cuda"] or row["cuda"].partition(".")[0] == cuda_major(environment["torch"])
    torch = environment["torch"].partition("+")[0]
    asked = row["torch"]
    fits_torch = asked in {"any", torch} or (not asked[0].isdigit() and torch in SpecifierSet(asked))
    verdicts = {"python_tag": fits_python, "platform": fits_glibc, "cuda_major": fits_cuda, "torch_minor": fits_torch}
    return [reason for reason, fits in verdicts.items() if not fits]


def file_name(row, version, python):
    tag = f"cp{(python or '').replace('.', '')}"
    tags = row["tags"] if row["tags"] != "each" else f"{tag}-{tag}"
    return f"{row['name']}-{version}-{tags}-{row['platform']}_x86_64.whl"


def pythons_of(row):
    """Return the Pythons of which there is a wheel each, from 3.8 on; [None] where there is only one wheel."""
    if row["tags"] != "each":
        return [None]
    first, last = (int(one.partition(".")[2]) for one in row["python"])
    return [f"3.{minor}" for minor in range(max(first, 8), last + 1)]


def test_every_release_is_judged_in_many_environments_as_the_facts_alone_say():
    compared = 0
    for number, (row, environment) in enumerate(itertools.product(COMPANIONS, environments(11, 45))):
        for version, python in itertools.product(row["versions"][-2:], pythons_of(row)[number % 2 :: 2]):
            wheel = parse_wheel(file_name(row, version, python))
            faults = environment_faults(wheel, contents_of(wheel), Environment.from_mapping(environment))
            told = [str(fault.reason) for fault in faults]
            assert told == expected(row, python, environment), (wheel.file, environment)
            compared += 1
    assert compared > 12_000


def test_every_file_of_the_facts_is_published_and_a_neighbour_of_it_is_not():
    for row in COMPANIONS:
        for version, python in itertools.product(row["versions"], pythons_of(row)):
            file = file_name(row, version, python)
            assert publication_fault(parse_wheel(file), None) is None, file
            other = file.replace(f"-{row['platform']}_", "-manylinux_2_99_")
            assert publication_fault(parse_wheel(other), None).reason == "not_published", other
            assert publication_fault(parse_wheel(other), f"https://example.com/{other}") is None, other


def test_each_version_stands_once_and_names_a_torch_that_the_facts_know():
    stands = [(row["name"], version) for row in COMPANIONS for version in row["versions"]]
    assert len(stands) == len(set(stands))
    asked = {row["torch"] for row in COMPANIONS if row["torch"][0].isdigit()}
    assert {torch for torch in asked if int(torch.partition(".")[0]) > 1} <= set(TORCHES)
