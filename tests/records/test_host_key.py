"""The key with which this host hashes its evidence."""

import multiprocessing
import os
import stat

import pytest

from conductor.errors import UsageProblem
from conductor.records.host_key import FILE, is_host, load_key, make_key, name_of


def test_a_host_has_no_key_until_it_needs_one_and_then_always_the_same(tmp_path):
    assert load_key(tmp_path / "state") is None
    key = make_key(tmp_path / "state")
    assert make_key(tmp_path / "state") == key == load_key(tmp_path / "state")
    assert is_host(key.host)


def test_only_the_user_can_read_the_key_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        make_key(tmp_path / "state")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "state" / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE]


def test_two_hosts_of_one_name_have_two_ids(tmp_path):
    one, two = make_key(tmp_path / "a"), make_key(tmp_path / "b")
    assert one.host != two.host
    assert name_of(one.host) == name_of(two.host)


def test_a_hash_is_for_one_text_and_one_key(tmp_path):
    one, two = make_key(tmp_path / "a"), make_key(tmp_path / "b")
    assert one.has_signed("text", one.sign("text"))
    assert not one.has_signed("text ", one.sign("text"))
    assert not one.has_signed("text", two.sign("text"))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b'{"schema":1}', b'{"schema":1,"host":"h-00000000","key":"00"}',
     b'{"schema":2,"host":"h-00000000","key":"' + b"0" * 64 + b'"}', b'{"schema":1,"host":7,"key":"' + b"0" * 64 + b'"}'],
)  # fmt: skip
def test_a_damaged_key_is_an_error_and_is_not_replaced(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UsageProblem, match="can't be read") as problem:
        make_key(tmp_path)
    assert "move it away" in problem.value.hint
    assert (tmp_path / FILE).read_bytes() == content


def test_no_error_and_no_repr_tells_the_key(tmp_path):
    key = make_key(tmp_path)
    assert key.secret.hex() not in repr(key)
    path = tmp_path / FILE
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 9'))
    with pytest.raises(UsageProblem) as problem:
        load_key(tmp_path)
    told = f"{problem.value} {problem.value.hint} {problem.value.__cause__} {problem.value.__context__}"
    assert key.secret.hex() not in told


def _make(folder, found):
    found.put(make_key(folder).host)


def test_processes_that_make_the_key_at_once_get_the_same_one(tmp_path):
    found = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=_make, args=(tmp_path / "state", found)) for _ in range(8)]
    for worker in workers:
        worker.start()
    hosts = {found.get() for _ in workers}
    for worker in workers:
        worker.join()
    assert hosts == {load_key(tmp_path / "state").host}


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_can_not_be_written_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "state").mkdir(mode=0o500)
    with pytest.raises(UsageProblem, match="permission"):
        make_key(tmp_path / "state")


def test_a_state_folder_that_is_a_file_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(UsageProblem, match=FILE):
        make_key(tmp_path / "state")
