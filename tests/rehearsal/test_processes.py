from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.waiting import is_alive, wait_until

PARENT = """
import sys, time, os
from pathlib import Path
from conductor.rehearsal.processes import ChildProcesses, plain_environment
folder = Path(sys.argv[1])
children = ChildProcesses()
with (folder / "log").open("ab") as log:
    child = children.start([str(folder / "child.py")], directory=folder, environment=plain_environment(), log=log)
print(child.pid, flush=True)
time.sleep(3600)
"""


def test_a_child_dies_with_a_parent_that_is_killed(tmp_path):
    (tmp_path / "child.py").write_text("import time\ntime.sleep(3600)\n")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not is_alive(pid))


def run_in_child(tmp_path, source, environment=None):
    from conductor.rehearsal.processes import ChildProcesses, plain_environment

    (tmp_path / "handler.py").write_text(source)
    children = ChildProcesses()
    with (tmp_path / "log").open("ab") as log:
        child = children.start(
            [str(tmp_path / "handler.py"), "--flag"],
            directory=tmp_path,
            environment={**plain_environment(), **(environment or {})},
            log=log,
        )
    code = child.wait()
    children.close()
    return code, (tmp_path / "log").read_text()


def test_a_child_cannot_leave_loopback(tmp_path):
    source = "import socket\ns = socket.socket()\ns.settimeout(1)\ns.connect(('192.0.2.1', 80))\n"
    code, log = run_in_child(tmp_path, source)
    assert code == 1
    assert "a rehearsal reaches loopback only, not 192.0.2.1" in log


def test_a_child_is_the_handler_and_sees_nothing_of_conductor(tmp_path):
    (tmp_path / "beside.py").write_text("NAME = 'beside'\n")
    source = (
        "import sys, beside, os\n"
        "assert __name__ == '__main__' and sys.argv[1:] == ['--flag'], sys.argv\n"
        "assert not any(p.endswith('rehearsal') for p in sys.path), sys.path\n"
        "assert 'GITHUB_TOKEN' not in os.environ\n"
        "print(beside.NAME)\n"
    )
    assert run_in_child(tmp_path, source) == (0, "beside\n")
