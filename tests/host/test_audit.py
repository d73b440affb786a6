from __future__ import annotations

import pytest

from conductor.errors import UsageProblem
from conductor.host.audit import audit_host
from conductor.host.baseline import load_baseline, save_baseline
from tests.host.machine import HOME, LATER

LOCAL = "/usr/local/lib/python3.11/dist-packages"


def changed_since(machine, change):
    before = machine.scan()
    change()
    return audit_host(machine.scan(now=LATER), before)


def test_a_machine_with_only_os_packages_has_no_finding(debian):
    assert audit_host(debian.scan(), None) == []
    assert audit_host(debian.scan(), debian.scan()) == []


def test_without_a_baseline_what_pip_installed_is_found_by_provenance(debian):
    debian.distribution(LOCAL, "einops", "0.8.0")
    (finding,) = audit_host(debian.scan(), None)
    assert finding.code == "R9"
    assert "einops 0.8.0" in finding.message
    assert LOCAL in finding.message
    assert "/usr/bin/python3.11 -m pip uninstall --yes --break-system-packages einops" in finding.remedy


def test_with_a_baseline_only_what_came_after_it_is_found(debian):
    debian.distribution(LOCAL, "old", "1.0")
    (finding,) = changed_since(debian, lambda: debian.distribution(LOCAL, "einops", "0.8.0"))
    assert finding.message.startswith("einops 0.8.0 was installed by pip in ")
    assert "between 2026-01-05T12:00:00Z and 2026-01-05T15:30:00Z" in finding.message


def test_an_upgrade_a_removal_and_swapped_files_are_found(debian):
    kept = debian.distribution(LOCAL, "same", "1.0")
    gone = debian.distribution(LOCAL, "gone", "2.0")
    up = debian.distribution(LOCAL, "up", "1.0")

    def change():
        (kept / "RECORD").write_text("other files\n")
        gone.rename(gone.with_name("~one-2.0.dist-info"))
        up.rename(up.with_name("up-1.1.dist-info"))
        (up.with_name("up-1.1.dist-info") / "METADATA").write_text("Name: up\nVersion: 1.1\n")

    messages = sorted(finding.message for finding in changed_since(debian, change))
    assert messages[0].startswith("gone 2.0 was removed")
    assert "other files of the same version" in messages[1]
    assert "was 1.0" in messages[2]


def test_an_upgrade_by_the_os_is_not_a_python_install(debian):
    site = "/usr/lib/python3/dist-packages"

    def upgrade():
        old = debian.at(f"{site}/six-1.16.0.dist-info")
        old.rename(old.with_name("six-1.17.0.dist-info"))
        (old.with_name("six-1.17.0.dist-info") / "METADATA").write_text("Name: six\nVersion: 1.17.0\n")
        debian.write("/var/lib/dpkg/info/python3-six.list", f"/.\n{site}/six-1.17.0.dist-info\n")

    assert changed_since(debian, upgrade) == []


@pytest.mark.parametrize(
    ("installer", "command"),
    [("uv", "uv pip uninstall --python /opt/py/bin/python3.12 rich"), ("conda", "conda remove --prefix /opt/py rich")],
)
def test_the_removal_command_is_the_installers(machine, installer, command):
    machine.distribution(machine.python("/opt/py", "3.12.1"), "rich", "13.0", installer=installer)
    assert command in audit_host(machine.scan(), None)[0].remedy


def test_tools_of_pipx_uv_and_npm_are_found(debian):
    for prefix in (f"{HOME}/.local/share/pipx/venvs/httpie", f"{HOME}/.local/share/uv/tools/ruff"):
        debian.distribution(debian.venv(prefix, "/usr/bin/python3.11"), prefix.rsplit("/")[-1], "3.2")
    debian.write("/usr/local/lib/node_modules/@scope/thing/package.json", '{"version": "1.4.0"}')
    debian.write("/usr/lib/node_modules/npm/package.json", '{"version": "10"}')
    found = {finding.data["name"]: finding for finding in audit_host(debian.scan(), None)}
    assert {name: one.code for name, one in found.items()} == {"httpie": "R9", "ruff": "R9", "@scope/thing": "R5"}
    assert "pipx uninstall httpie" in found["httpie"].remedy
    assert "uv tool uninstall ruff" in found["ruff"].remedy
    assert "httpie 3.2" in found["httpie"].message


def test_a_removed_pep_668_marker_is_found(debian):
    debian.at("/usr/lib/python3.11/EXTERNALLY-MANAGED").unlink()
    (finding,) = audit_host(debian.scan(), None)
    assert finding.code == "HOST-668-001"


def test_a_new_interpreter_since_the_baseline_is_found(debian):
    (finding,) = changed_since(debian, lambda: debian.python(f"{HOME}/.pyenv/versions/3.13.0", "3.13.0"))
    assert finding.code == "R5"
    assert f"{HOME}/.pyenv/versions/3.13.0/bin/python3.13" in finding.message


def test_an_environment_of_another_project_counts_only_from_the_baseline_on(debian):
    site = debian.venv("/srv/tools", "/usr/bin/python3.11")
    debian.distribution(site, "black", "24.1.0")
    before = debian.scan("/srv/tools/bin", "/usr/bin")
    assert audit_host(before, None) == []
    debian.distribution(site, "rich", "13.0")
    (finding,) = audit_host(debian.scan("/srv/tools/bin", "/usr/bin", now=LATER), before)
    assert "rich 13.0" in finding.message
    assert "/srv/tools/bin/python -m pip uninstall" in finding.remedy


def test_the_baseline_file_holds_everything(debian, tmp_path):
    debian.distribution(LOCAL, "einops", "0.8.0")
    assert load_baseline(tmp_path / "state") is None
    save_baseline(tmp_path / "state", debian.scan())
    assert load_baseline(tmp_path / "state") == debian.scan()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 2}', '{"schema": 1}'])
def test_a_baseline_that_cannot_be_read_is_an_error_that_says_what_to_do(tmp_path, content):
    (tmp_path / "host-baseline.json").write_text(content)
    with pytest.raises(UsageProblem) as caught:
        load_baseline(tmp_path)
    assert "conductor host baseline" in caught.value.hint
