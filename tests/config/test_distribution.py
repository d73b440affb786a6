"""How a copy was installed is read from what the installers leave behind; tests/e2e types what comes out."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from conductor.config.distribution import (
    COMMANDS,
    DISTRIBUTION,
    Way,
    describe_conflict,
    find_installation,
    find_namesake,
)
from conductor.config.missing import missing_extra

NEEDS = "Requires-Dist: shfmt-py>=4\nRequires-Dist: shfmt-py-extras\nRequires-Dist: requests>=2; extra == 'release'\n"
WHEEL = "file:///srv/worker_conductor-0.1.0-py3-none-any.whl"
EXTRA = f"{DISTRIBUTION}[release]"


class Environment:
    """A folder as an installer leaves it."""

    def __init__(self, folder):
        self.folder = folder
        self.site = folder / "lib/site-packages"
        self.site.mkdir(parents=True)

    def put(self, name, version="0.1.0", *, origin=None, more=""):
        info = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}")
        if origin is not None:
            (info / "direct_url.json").write_text(origin if isinstance(origin, str) else json.dumps(origin))
        return self

    def mark(self, *names):
        for name in names:
            (self.folder / name).write_text("")
        return self

    @property
    def found(self):
        return find_installation(str(self.folder), [str(self.site)])


@pytest.fixture
def environment(tmp_path):
    return Environment(tmp_path / "an environment")


def test_pipx_is_asked_for_the_whole_again(environment):
    found = environment.put(DISTRIBUTION).put("pip").mark("pyvenv.cfg", "pipx_metadata.json").found
    assert found.way is Way.PIPX
    assert found.add_extra("release") == f"pipx install --force '{EXTRA}'"
    assert found.add_package("shfmt-py") == "pipx reinstall 'an environment'"


def test_a_uv_tool_is_asked_for_the_whole_again(environment):
    found = (
        environment.put(DISTRIBUTION, origin={"url": WHEEL, "archive_info": {}})
        .mark("pyvenv.cfg", "uv-receipt.toml")
        .found
    )
    assert found.way is Way.UV_TOOL
    assert found.add_extra("release") == f"uv tool install --force '{EXTRA} @ {WHEEL}'"
    assert found.add_package("shfmt-py") == "uv tool upgrade --reinstall 'an environment'"


def test_a_virtual_environment_is_given_the_package_by_its_own_pip(environment):
    found = environment.put(DISTRIBUTION, more=NEEDS).put("pip").mark("pyvenv.cfg").found
    python = shlex.quote(str(environment.folder / "bin/python"))
    assert found.way is Way.VENV
    assert found.add_extra("release") == f"{python} -m pip install '{EXTRA}'"
    assert found.add_package("shfmt-py") == f"{python} -m pip install --force-reinstall 'shfmt-py>=4'"
    assert found.add_package("einops") == f"{python} -m pip install --force-reinstall einops"


def test_a_virtual_environment_without_pip_is_uv_s(environment):
    found = environment.put(DISTRIBUTION).mark("pyvenv.cfg").found
    assert found.way is Way.UV_VENV
    assert found.add_extra("release").startswith("uv pip install --python ")


def test_a_python_that_belongs_to_all_gets_nothing_installed_into_it(environment):
    found = environment.put(DISTRIBUTION).put("pip").found
    assert found.way is Way.OUTSIDE
    assert {found.add_extra("release"), found.add_package("shfmt-py"), found.stand_alone()} == {
        f"pipx install --force '{EXTRA}'", f"pipx install --force {DISTRIBUTION}"
    }  # fmt: skip


@pytest.mark.parametrize("clone", ["/srv/clone", "/srv/my clone"])
def test_a_clone_s_own_environment_is_made_anew_by_make(tmp_path, clone):
    root = tmp_path / clone.strip("/")
    environment = Environment(root / ".venv")
    (root / "Makefile").write_text("")
    url = f"file://{str(root).replace(' ', '%20')}"
    environment.put(DISTRIBUTION, origin={"url": url, "dir_info": {"editable": True}}).put("pip").mark("pyvenv.cfg")
    assert environment.found.way is Way.CLONE
    assert environment.found.add_extra("release") == f"make -C {shlex.quote(str(root))} clean install"


def test_an_editable_copy_elsewhere_stays_editable(environment):
    origin = {"url": "file:///srv/clone", "dir_info": {"editable": True}}
    found = environment.put(DISTRIBUTION, origin=origin).put("pip").mark("pyvenv.cfg").found
    assert found.way is Way.VENV
    assert found.add_extra("release").endswith(" -m pip install -e '/srv/clone[release]'")


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        (None, EXTRA),
        ({"url": WHEEL, "archive_info": {"hashes": {}}}, f"{EXTRA} @ {WHEEL}"),
        ({"url": "file:///srv/clone", "dir_info": {}}, f"{EXTRA} @ file:///srv/clone"),
        (
            {"url": "https://example.invalid/c.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}},
            f"{EXTRA} @ git+https://example.invalid/c.git@{'0' * 40}",
        ),
        (
            {"url": "https://example.invalid/c", "vcs_info": {"vcs": "git", "commit_id": "0", "requested_revision": "v1"}},
            f"{EXTRA} @ git+https://example.invalid/c@v1",
        ),
        ({"url": "https://me:hunter22@example.invalid/c.whl", "archive_info": {}}, f"{EXTRA} @ https://me@example.invalid/c.whl"),
        ("{not json", EXTRA),
        ("[]", EXTRA),
        ({"archive_info": {}}, EXTRA),
    ],
)  # fmt: skip
def test_where_it_came_from_is_where_more_of_it_comes_from(environment, origin, named):
    found = environment.put(DISTRIBUTION, origin=origin).put("pip").mark("pyvenv.cfg").found
    assert shlex.split(found.add_extra("release"))[-1] == named


def test_a_source_tree_that_was_never_installed_is_named_itself(environment):
    found = environment.put("pip").mark("pyvenv.cfg").found
    root = Path(__file__).resolve().parents[2]
    assert shlex.split(found.add_extra("release"))[-2:] == ["-e", f"{root}[release]"]


@pytest.mark.parametrize("way", Way)
def test_every_way_has_commands_that_a_shell_reads_as_words(way):
    for command in (COMMANDS[way].extra, COMMANDS[way].package, COMMANDS[way].alone):
        assert "install" in command or "upgrade" in command
        assert shlex.split(command)


def test_the_namesake_is_seen_with_its_version_and_place_and_ours_is_not_taken_for_it(environment):
    environment.put(DISTRIBUTION)
    assert find_namesake([str(environment.site)]) is None
    environment.put("conductor", "1.0.0")
    assert find_namesake([str(environment.site)]) == f"conductor 1.0.0 in {environment.site}"


def test_getting_rid_of_the_namesake_puts_our_files_back(environment):
    """Both own `conductor/` and the program: what is removed with the one is missing from the other."""
    found = environment.put(DISTRIBUTION).put("pip").mark("pyvenv.cfg").found
    removed, put_back = found.stand_alone().split(" && ")
    assert removed.endswith("-m pip uninstall --yes conductor")
    assert put_back.endswith(f"-m pip install --force-reinstall --no-deps {DISTRIBUTION}")


def test_a_missing_extra_is_told_with_the_namesake_that_somebody_installed_instead(environment, monkeypatch):
    assert "is not this one" not in missing_extra("release", "requests").hint
    environment.put("conductor", "1.0.0")
    monkeypatch.setattr(sys, "path", [*sys.path, str(environment.site)])
    error = missing_extra("release", "requests")
    assert error.message == "this command needs the package requests, which the core does not install"
    assert "conductor 1.0.0" in error.hint
    assert find_installation().add_extra("release") in error.hint


def test_an_import_that_fails_is_explained_by_a_namesake_only_where_there_is_one(environment, monkeypatch):
    problem = ImportError("No module named 'conductor.cli'")
    assert describe_conflict(problem) is None
    environment.put("conductor", "1.0.0")
    monkeypatch.setattr(sys, "path", [*sys.path, str(environment.site)])
    told, remedy = describe_conflict(problem)
    assert "conductor 1.0.0" in told
    assert remedy == find_installation().stand_alone()
