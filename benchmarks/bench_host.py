"""The host audit on a made-up machine: 10 interpreters, 1,000 distributions, 900 OS packages."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conductor.host.audit import audit_host
from tests.host.machine import NOON, Machine

COLD_S, WARM_S = 1.0, 0.1
RECORD = "".join(f"package/module_{number}.py,sha256=0123456789abcdef,{number}\n" for number in range(60))


def build(root: Path) -> Machine:
    machine = Machine(root)
    for number in range(10):
        site = machine.python(f"/home/ada/.pyenv/versions/3.{number}.1", f"3.{number}.1")
        for count in range(100):
            machine.distribution(site, f"dist-{number}-{count}", "1.0", record=RECORD)
    for number in range(900):
        machine.write(f"/var/lib/dpkg/info/package{number}.list", f"/.\n/usr/share/doc/package{number}\n" * 40)
    machine.write(
        "/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nArchitecture: b\nVersion: 1\n\n" * 900
    )
    return machine


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        machine = build(Path(folder) / "root")
        cache = Path(folder) / "cache.json"
        times = []
        for _ in range(6):
            began = time.perf_counter()
            inventory = machine.scan(cache=cache, now=NOON)
            audit_host(inventory, None)
            times.append(time.perf_counter() - began)
    print(f"interpreters {len(inventory.interpreters)}, distributions {len(inventory.distributions)}")
    print(f"cold       {times[0]:6.3f} s   (at most {COLD_S})")
    print(f"unchanged  {min(times[1:]):6.3f} s   (at most {WARM_S})")
    return int(times[0] > COLD_S or min(times[1:]) > WARM_S)


if __name__ == "__main__":
    raise SystemExit(main())
