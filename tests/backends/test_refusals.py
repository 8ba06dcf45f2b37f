"""Servers that refuse: they are full, may only be read, are too busy, or do not know who asks.

Each day is lived through by the command line: an apply begins well and is refused in its midst, or from the start. It
says what is wrong, where, and what to do, and leaves what is recorded as it was. When the day is over, the next apply
makes everything as declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.backends.bad_day import live_through
from tests.backends.places import PASSWORD, Place
from tests.chaos.keeping import Kept, shelf
from tests.chaos.proxy import Exchange, Rule
from tests.chaos.tally import Tally
from tests.chaos.worlds import NewWorld

pytestmark = pytest.mark.thorough

#: The write from which on an apply is refused: its first one, which would be the lock; and one of the journal's.
FIRST, MIDST = 1, 4


@dataclass(slots=True)
class Answers(Rule):
    """Writes are answered as a server does that takes none, from the `first` on."""

    first: int
    status: int
    code: str
    message: str
    _writes: int = 0

    def before(self, exchange: Exchange) -> bool:
        if exchange.method != "PUT":
            return False
        self._writes += 1
        if self._writes < self.first:
            return False
        exchange.put(self.status, "")
        text = f'<?xml version="1.0"?><Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>'
        exchange.content, exchange.answer = text.encode(), {"content-type": "application/xml"}
        return True


#: What servers answer. MinIO's words for a full disk, Ceph's for a quota; the others are AWS's and Azure's own.
S3 = {
    "full": (507, "InsufficientStorage", "There is no room left."),
    "full, as MinIO says it": (507, "XMinioStorageFull", "Storage backend has reached its minimum free drive limit."),
    "over its quota, as Ceph says it": (403, "QuotaExceeded", "The quota is used up."),
    "too busy": (503, "SlowDown", "Please reduce your request rate."),
    "broken": (500, "InternalError", "We encountered an internal error. Please try again."),
    "read-only": (403, "AccessDenied", "Access Denied"),
}
AZ = {
    "full": (507, "InsufficientStorage", "There is no room left."),
    "too busy": (503, "ServerBusy", "The server is currently unable to receive requests."),
    "read-only": (403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation."),
}
BUCKETS = {"s3": S3, "az": AZ}


def test_a_bucket_that_refuses(bucket: Place, new_world: NewWorld, tally: Tally) -> None:
    tally.begin("refused", f"state in {bucket.name}")
    answers = BUCKETS[bucket.name]
    for day, first in tally.some([(day, first) for day in answers for first in (FIRST, MIDST)], 1):
        label = f"{day}, from write {first} on"
        with tally.run(label), shelf(bucket) as shelved, shelved.keep() as kept, new_world() as world:
            status, code, message = answers[day]
            live_through(world, kept, refusing(kept, Answers(first, status, code, message)), f"{code}: {message}")


@contextmanager
def refusing(kept: Kept, rule: Rule) -> Iterator[None]:
    kept.spoiler.rule = rule
    yield
    kept.spoiler.rule = Rule()


#: Statements that make a database refuse, and that end it; what it says then.
DATABASES = {
    "full": (
        "create function full_disk() returns trigger language plpgsql as $$ begin"
        " raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;"
        "create trigger full_disk before insert or update on provision_state"
        " for each row when (new.name like '%journal%') execute function full_disk()",
        "drop trigger full_disk on provision_state; drop function full_disk()",
        "No space left on device",
    ),
    "read-only": (
        "alter role {role} set default_transaction_read_only = on",
        "alter role {role} reset default_transaction_read_only",
        "cannot execute UPDATE in a read-only transaction",
    ),
    "no longer let in": (
        "alter role {role} nologin",
        "alter role {role} login",
        "is not permitted to log in",
    ),
    "another password": (
        "alter role {role} password 'changed'",
        f"alter role {{role}} password '{PASSWORD}'",
        "password authentication failed",
    ),
    "no connection left": (
        "alter role {role} connection limit 0",
        "alter role {role} connection limit -1",
        "too many connections for role",
    ),
}


@pytest.mark.parametrize("spoilt", ["postgresql"], indirect=True)
def test_a_database_that_refuses(spoilt: Place, new_world: NewWorld, tally: Tally) -> None:
    tally.begin("refused", f"state in {spoilt.name}")
    for name in tally.some(list(DATABASES), 2):
        begin, end, said = DATABASES[name]
        with tally.run(name), shelf(spoilt) as shelved, shelved.keep() as kept, new_world() as world:
            live_through(world, kept, executed(spoilt, kept, begin, end), said)


@contextmanager
def executed(place: Place, kept: Kept, begin: str, end: str) -> Iterator[None]:
    execute(place, kept, begin)
    yield
    execute(place, kept, end)


def execute(place: Place, kept: Kept, statements: str) -> None:
    """As the server's own administrator, in the state's schema."""
    import psycopg

    role = kept.url.partition("//")[2].partition("@")[0]
    with psycopg.connect(place.fresh(), password=PASSWORD, autocommit=True) as connection:
        connection.execute(f"set search_path = {role}")
        connection.execute(statements.replace("{role}", role))
