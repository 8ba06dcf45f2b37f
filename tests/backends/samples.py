"""A state, entries and times that the suite shares."""

from __future__ import annotations

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.state.backends.lease import Terms
from provisioner.state.journal import Begin, Delta, End, Opening
from provisioner.state.operations import Creating, Updating
from provisioner.state.records import Record, State

TERMS = Terms(life=1.5, renewal=0.2, give_up=0.6, look=0.05)
#: Seconds to wait for somebody's lock, where it will come.
WAIT = 30.0

TUTOR = Address("assistant", "tutor")
STATE = State("lineage", 1, records={TUTOR: Record(TUTOR, "assistant", "asst_1", {"name": "튜터"})})
OPENING = Opening("lineage", 1, "account", "library", "prod", 1.0)
BEGIN = Begin("op_1", TUTOR, "assistant", "digest", 2.0, Creating(Record(TUTOR, "assistant", "", {"name": "튜터"})))
END = End("op_1", Delta(record=STATE.records[TUTOR]))


def begin(number: int | str, size: int = 0) -> Begin:
    """An operation, the more of them the larger."""
    return replace(BEGIN, operation=f"op_{number}", intent=Updating({"text": "x" * size}))


def serial(number: int) -> State:
    """The state with another serial."""
    return replace(STATE, serial=number)
