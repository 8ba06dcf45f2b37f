"""A bucket's server that checks who asks: a key that nobody has, a secret that is wrong, and one who may only read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest

from tests.backends.bad_day import check_told, write
from tests.backends.places import BUCKET, Place, free_port, running
from tests.chaos.declared import APPLY, assert_as_declared
from tests.chaos.keeping import fresh
from tests.chaos.worlds import NewWorld

#: What it takes to make the bucket and two users, after which moto asks everybody who they are.
STEPS = 7
READ = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}
ALL = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}

Keys = Mapping[str, str]


@contextmanager
def strict_s3() -> Iterator[tuple[Place, Keys, Keys]]:
    """A server, the keys of somebody who may do all in it, and of somebody who may only read."""
    boto3 = import_module("boto3")
    port = free_port()
    command = ["env", f"INITIAL_NO_AUTH_ACTION_COUNT={STEPS}", sys.executable, "-m", "moto.server", "-H", "127.0.0.1"]
    with running([*command, "-p", str(port)], port) as process:
        endpoint = f"http://127.0.0.1:{port}"
        anybody: dict[str, Any] = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=endpoint, **anybody).create_bucket(Bucket=BUCKET)
        iam = boto3.client("iam", endpoint_url=endpoint, **anybody)
        writer, reader = (make_user(iam, name, rights) for name, rights in (("writer", ALL), ("reader", READ)))
        env = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", **writer}
        yield Place("s3", lambda: f"s3://{BUCKET}/identities", env, process, port), writer, reader


def make_user(iam: Any, name: str, rights: Mapping[str, Any]) -> Keys:
    iam.create_user(UserName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [rights]})
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


@pytest.mark.whole
def test_a_bucket_that_asks_who_it_is(new_world: NewWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with strict_s3() as (place, writer, reader), new_world() as world:
        for name, value in place.env.items():
            monkeypatch.setenv(name, value)
        with fresh(place) as kept:
            write(world, "Read.")
            world.keep(kept)
            applied = world.run(*APPLY)
            assert applied.code == 0, applied.said
            assert_as_declared(world)
            state = kept.backend.read()
            write(world, "Write.")
            unknown = {**writer, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}
            check_told(world.run(*APPLY, env=unknown), "InvalidAccessKeyId")
            wrong = {**writer, "AWS_SECRET_ACCESS_KEY": "wrong"}
            check_told(world.run(*APPLY, env=wrong), "SignatureDoesNotMatch")
            planned = world.run("plan", "--detailed-exitcode", env=reader)
            assert planned.code == 2, planned.said
            check_told(world.run(*APPLY, env=reader), "AccessDenied")
            assert kept.backend.read() == state
            assert kept.backend.holder() is None
            assert world.run(*APPLY).code == 0
            assert_as_declared(world)
