from __future__ import annotations

from tests.host.machine import HOME

LOCAL = "/usr/local/lib/python3.11/dist-packages"


def by_name(inventory):
    return {one.name: one for one in inventory.distributions}


def test_what_dpkg_owns_has_its_package_as_owner(debian):
    debian.distribution(LOCAL, "einops", "0.8.0")
    found = by_name(debian.scan())
    assert found["six"].owner == "python3-six"
    assert (found["einops"].owner, found["einops"].installer, found["einops"].requested) == (None, "pip", True)


def test_apk_and_pacman_own_files_too(machine):
    site = machine.python("/usr", "3.11.2")
    machine.distribution(site, "six", "1.16.0")
    machine.distribution(site, "yaml", "6.0")
    machine.write("/lib/apk/db/installed", f"P:py3-six\nV:1.16.0-r1\nF:{site[1:]}/six-1.16.0.dist-info\nR:RECORD\n\n")
    machine.write("/var/lib/pacman/local/python-yaml-6.0-1/files", f"%FILES%\n{site[1:]}/yaml-6.0.dist-info/\n")
    found = by_name(machine.scan())
    assert (found["six"].owner, found["yaml"].owner) == ("py3-six", "python-yaml")


def test_pip_that_came_with_the_interpreter_is_bundled_and_another_version_is_not(machine):
    site = machine.python("/usr/local", "3.12.1", bundled=("pip-23.2.1",))
    machine.distribution(site, "pip", "23.2.1")
    assert by_name(machine.scan())["pip"].bundled
    machine.distribution(site, "pip", "25.0")
    assert [one.bundled for one in machine.scan().distributions if one.name == "pip"] == [True, False]


def test_user_sites_egg_info_and_editable_installs_are_read(debian):
    site = f"{HOME}/.local/lib/python3.11/site-packages"
    debian.write(f"{site}/old_thing-1.2-py3.11.egg-info", "Metadata-Version: 1.0\nName: old-thing\nVersion: 1.2\n")
    debian.distribution(site, "mine", "0.1", url="file:///home/ada/mine")
    found = by_name(debian.scan())
    assert (found["old-thing"].version, found["old-thing"].installer) == ("1.2", None)
    assert found["mine"].direct_url == "file:///home/ada/mine (editable)"


def test_damaged_metadata_is_read_as_far_as_it_goes(debian):
    folder = debian.distribution(LOCAL, "half", "1.0", url="x")
    (folder / "METADATA").write_bytes(b"\xff\xfe\x00")
    (folder / "direct_url.json").write_text("{")
    (folder / "RECORD").unlink()
    debian.at(f"{LOCAL}/empty-2.0.dist-info").mkdir()
    found = by_name(debian.scan())
    assert (found["half"].version, found["half"].record) == ("1.0", None)
    assert found["half"].direct_url == "unreadable direct_url.json"
    assert found["empty"].version == "2.0"


def test_a_credential_in_a_direct_url_is_not_kept(debian):
    debian.distribution(LOCAL, "private", "1", url="https://user:verysecretword@example.invalid/x.whl")
    assert "verysecretword" not in by_name(debian.scan())["private"].direct_url


def test_a_cached_scan_says_the_same_as_a_fresh_one(debian, tmp_path):
    cache = tmp_path / "state" / "cache.json"
    debian.distribution(LOCAL, "einops", "0.8.0")
    first = debian.scan(cache=cache)
    assert cache.exists()
    assert debian.scan(cache=cache) == first == debian.scan()


def test_the_cache_sees_what_changed(debian, tmp_path):
    cache = tmp_path / "cache.json"
    folder = debian.distribution(LOCAL, "einops", "0.8.0")
    debian.scan(cache=cache)
    (folder / "RECORD").write_text("y,,\nz,,\n")
    debian.distribution(LOCAL, "rich", "13.0")
    assert debian.scan(cache=cache) == debian.scan()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert set(by_name(debian.scan(cache=cache))) == {"six", "rich"}


def test_a_damaged_cache_costs_time_only(debian, tmp_path):
    cache = tmp_path / "cache.json"
    for content in ("", "{", "[]", '{"schema": 99}', '{"schema": 1, "root": "/elsewhere"}'):
        cache.write_text(content)
        assert debian.scan(cache=cache) == debian.scan()
