"""Whatever happens, in whatever order: the new digest serves and is verified, or the old one serves, or what is live is
said and can be resumed; and the records say which.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.faults.judge import find_wrong
from tests.faults.stand import QuickWorker, Stand
from tests.faults.table import ACTS, ANSWERS, PLACES, Case, Hung

FAULTS = st.builds(
    Case,
    st.sampled_from([place for place in PLACES if not place.failing]),
    st.sampled_from([*ANSWERS, *ACTS]),
    lasting=st.booleans(),
    late=st.booleans(),
)


@pytest.fixture(scope="module")
def stand():
    opened = Stand()
    yield opened
    opened.close()


def machine_on(stand):
    """Return the machine that plays on this stand."""

    class Whatever(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            stand.reset()
            self.begun = False

        @rule(case=FAULTS)
        def something_goes_wrong(self, case):
            Hung(stand, case)

        @rule(new=st.booleans())
        def jobs_fail(self, new):
            """Let the new image's jobs fail, or be well."""
            QuickWorker.fails_but = stand.stage.info.previous if new else None

        @rule()
        def all_is_well(self):
            be_well(stand)

        @rule()
        def somebody_releases(self):
            # A second release of the same commit within a second is refused by its id; a resume is what a person does.
            self.play("--resume") if self.begun else self.play()

        def play(self, *words):
            ending = stand.release(*words)
            self.begun = self.begun or bool(ending.state)
            # Nothing to resume, or it has ended: said, and nothing is done.
            if ending.code not in {2, 3}:
                assert find_wrong(stand, ending) == [], ending.output
                assert says_which(ending) == [], ending.output
            return ending

        def teardown(self):
            be_well(stand)
            QuickWorker.fails_but = None
            if not self.begun:
                return
            ending = self.play("--resume")
            # With nothing wrong any more it comes to its end, unless it had one.
            assert ending.code in {0, 2, 3, 6}, ending.output
            outcome = last_outcome(ending)
            new = ending.live != stand.stage.info.previous
            assert outcome in ({"verified"} if new else {"rolled_back", "stopped", None}), ending.output

    return Whatever


def be_well(stand):
    """Take every fault away."""
    for server in stand.servers.values():
        server.fault = None
    stand.free_disk()
    stand.jump.unlink(missing_ok=True)


def last_outcome(ending):
    """Return the outcome that the ledger ends with, None where it is open."""
    lines = [json.loads(line) for line in ending.state.splitlines() if line.startswith("{") and line.endswith("}")]
    ended = [line["outcome"] for line in lines if line["event"] == "ended"]
    return ended[-1] if ended and lines[-1]["event"] == "ended" else None


def says_which(ending):
    """Return what the ledger says otherwise than the exit code, for a process that came to its end."""
    wanted = {0: {"verified"}, 6: {"stopped", "rolled_back", "cancelled"}, 8: {"stopped", "rollback_failed"}}
    outcome = last_outcome(ending)
    return (
        [f"exit {ending.code}, and the ledger says {outcome}"]
        if outcome not in wanted.get(ending.code, {outcome})
        else []
    )


def test_whatever_happens_it_is_known_what_serves_and_how_to_go_on(stand):
    run_state_machine_as_test(
        machine_on(stand),
        settings=settings(
            max_examples=8, stateful_step_count=6, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
