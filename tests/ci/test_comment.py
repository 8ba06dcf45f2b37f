"""The comment: found, made, renewed, shortened and waited for, against a server that speaks as GitHub does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.ci.hub import BOT, TOKEN, Answer, Asked, Hub, refuse, times
from tests.ci.runner import HEAD, Runner

pytestmark = pytest.mark.thorough

MARK = "<!-- provision: provision-plan/default -->"
TEXT = "### 📝 provision plan: `helpers · default`\n\n**Plan: 1 to create, 0 unchanged.**\n\n- more\n"


@pytest.fixture
def machine(tmp_path: Path, hub: Hub) -> Runner:
    """A runner that has a plan to tell of, and nothing else."""
    (tmp_path / "temp").mkdir()
    (tmp_path / "temp" / "provision.md").write_text(TEXT, encoding="utf-8")
    runner = Runner(tmp_path, tmp_path / "temp", hub, "")
    runner.pull_request()
    return runner


def comment(machine: Runner, **env: str) -> tuple[int, str]:
    """Runs the script as action.yml does."""
    given = {
        "IN_ENVIRONMENT": "",
        "IN_PLAN_NAME": "provision-plan",
        "IN_COMMENT_AUTHOR": BOT,
        "GITHUB_TOKEN": TOKEN,
        **env,
    }
    code, log, _, _ = machine.run('python3 "$GITHUB_ACTION_PATH/ci/github/comment.py"', given)
    assert TOKEN not in log
    return code, log


def warned(said: tuple[int, str], reason: str) -> bool:
    """Whether it is a warning, which leaves the plan as it is."""
    code, log = said
    return code == 0 and log.count("::warning::") == 1 and reason in log


def written(hub: Hub) -> list[str]:
    """What was sent to be written."""
    return [each.method for each in hub.asked if each.method != "GET"]


def test_the_first_makes_it_and_the_next_renews_it(machine: Runner, hub: Hub) -> None:
    assert comment(machine) == (0, "")
    assert comment(machine) == (0, "")
    [made] = hub.comments
    assert made["body"].startswith(f"{MARK}\n{TEXT.rstrip()}")
    assert HEAD in made["body"]
    assert written(hub) == ["POST", "PATCH"]


def test_it_is_found_behind_hundreds_of_others(machine: Runner, hub: Hub) -> None:
    for number in range(250):
        hub.comment(f"chatter {number}", "somebody")
    ours = hub.comment(f"{MARK}\nold")
    hub.comment("and on", "somebody")
    assert comment(machine) == (0, "")
    assert TEXT.rstrip() in ours["body"]
    assert [each.path.rpartition("page=")[2] for each in hub.asked if each.method == "GET"] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "login"),
    [
        (f"{MARK}\nmine now", "somebody"),
        (f"{MARK}\nmine now", "Github-Actions[bot]"),
        (f"look: {MARK}", BOT),
        ("<!-- provision: provision-plan/prod -->\nanother environment's", BOT),
    ],
)
def test_what_is_not_ours_is_not_touched(machine: Runner, hub: Hub, body: str, login: str) -> None:
    theirs = hub.comment(body, login)
    assert comment(machine) == (0, "")
    assert (theirs["body"], len(hub.comments)) == (body, 2)


def test_a_user_that_is_gone_is_nobody(machine: Runner, hub: Hub) -> None:
    hub.comments.append({"id": 1, "body": MARK, "user": None})
    assert comment(machine) == (0, "")
    assert len(hub.comments) == 2


def test_what_is_too_long_is_told_shortly(machine: Runner, hub: Hub) -> None:
    (machine.temp / "provision.md").write_text(TEXT + "x" * 70_000, encoding="utf-8")
    assert comment(machine) == (0, "")
    [made] = hub.comments
    assert "**Plan: 1 to create, 0 unchanged.**\n\n**⚠️ The plan is too long for a comment: 70," in made["body"]
    assert "and none of its changes is." in made["body"]
    assert "/actions/runs/42" in made["body"]
    assert len(made["body"]) < 1000


def test_what_is_refused_even_when_short_is_a_warning(machine: Runner, hub: Hub) -> None:
    hub.faults.append(times(99, refuse(422, "Validation Failed"), "POST"))
    assert warned(comment(machine), "422 Validation Failed")
    assert written(hub) == ["POST", "POST"]


@pytest.mark.parametrize(
    "answer",
    [
        refuse(429, "slow down", Retry_After="0"),
        refuse(403, "You have exceeded a secondary rate limit", Retry_After="0"),
        refuse(403, "API rate limit exceeded", X_RateLimit_Remaining="0", X_RateLimit_Reset="1"),
    ],
    ids=["429", "secondary", "primary"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_rate_limit_is_waited_for(machine: Runner, hub: Hub, answer: Answer, method: str) -> None:
    hub.faults.append(times(1, answer, method))
    assert comment(machine) == (0, "")
    assert len(hub.comments) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refuse(429, "slow down", Retry_After="0"),
        refuse(429, "slow down", Retry_After="3600"),
        refuse(403, "limit", X_RateLimit_Remaining="0", X_RateLimit_Reset=str(int(time.time()) + 3600)),
    ],
    ids=["again and again", "an hour", "until later"],
)
def test_a_rate_limit_that_lasts_is_a_warning(machine: Runner, hub: Hub, answer: Answer) -> None:
    hub.faults.append(times(99, answer))
    assert warned(comment(machine), "GitHub answered 4")
    assert len(hub.asked) <= 3


def test_a_refusal_is_not_asked_again(machine: Runner, hub: Hub) -> None:
    hub.faults.append(times(99, refuse(403, "Resource not accessible by integration")))
    assert warned(comment(machine), "Resource not accessible")
    assert len(hub.asked) == 1


def test_a_server_that_is_down_for_a_moment(machine: Runner, hub: Hub) -> None:
    hub.faults.append(times(1, refuse(502), "GET"))
    assert comment(machine) == (0, "")
    assert len(hub.comments) == 1


def test_a_server_that_stays_down_is_a_warning(machine: Runner, hub: Hub) -> None:
    hub.faults.append(times(99, refuse(500, "Server Error"), "PATCH"))
    hub.comment(f"{MARK}\nold")
    assert warned(comment(machine), "500 Server Error")
    assert len(hub.comments) == 1


def test_a_comment_whose_answer_was_lost_is_not_made_twice(machine: Runner, hub: Hub) -> None:
    lost = times(1, refuse(502), "POST")

    def made_and_lost(asked: Asked) -> Answer | None:
        answer = lost(asked)
        if answer:
            hub.comment(asked.body["body"])
        return answer

    hub.faults.append(made_and_lost)
    assert comment(machine) == (0, "")
    assert (len(hub.comments), written(hub)) == (1, ["POST", "PATCH"])


def test_one_that_somebody_deletes_meanwhile_is_made_anew(machine: Runner, hub: Hub) -> None:
    hub.comment(f"{MARK}\nold")

    def deleted(asked: Asked) -> None:
        if asked.method == "PATCH":
            hub.comments.clear()

    hub.faults.append(deleted)
    assert comment(machine) == (0, "")
    assert (len(hub.comments), written(hub)) == (1, ["PATCH", "POST"])


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 307])
def test_no_redirect_takes_the_token_along(machine: Runner, hub: Hub, method: str, status: int) -> None:
    hub.faults.append(times(99, Answer(status, {}, (("Location", f"{hub.storage}/1"),)), method))
    assert warned(comment(machine), f"GitHub answered {status}")
    assert hub.elsewhere == []


@pytest.mark.parametrize("body", [b"<html>", b"", b"{}", b"null", b'[{"id": "x"}]', b"[1]"])
def test_an_answer_that_is_none_is_a_warning_or_nothing(machine: Runner, hub: Hub, body: bytes) -> None:
    hub.faults.append(times(99, Answer(200, body)))
    code, log = comment(machine)
    assert code == 0
    assert "Traceback" not in log


def test_a_server_that_is_not_there_is_a_warning(machine: Runner, hub: Hub) -> None:
    assert warned(comment(machine, GITHUB_API_URL="http://127.0.0.1:9"), "refused")


def test_the_token_is_not_sent_in_clear_text(machine: Runner) -> None:
    assert warned(comment(machine, GITHUB_API_URL="http://github.example/api/v3"), "it is no https://")


def test_without_a_pull_request_there_is_nowhere_to_write(machine: Runner, hub: Hub) -> None:
    machine.push()
    assert warned(comment(machine), "'pull_request'")
    assert hub.asked == []


@pytest.mark.parametrize("name", ["", "a b", "x --> @all", "a/b", "line\nbreak"])
def test_names_cannot_end_the_mark(machine: Runner, hub: Hub, name: str) -> None:
    code, log = comment(machine, IN_PLAN_NAME=name)
    assert (code, "cannot be part of a name" in log) == (1, True)
    assert hub.asked == []


def test_what_github_says_is_no_command(machine: Runner, hub: Hub) -> None:
    hub.faults.append(times(99, refuse(403, "no\n::error::yes")))
    code, log = comment(machine)
    assert (code, log.count("\n")) == (0, 1)


@pytest.mark.parametrize("text", [None, "", "\n", " \n\t\n"])
def test_a_text_that_is_empty_is_no_plan(machine: Runner, hub: Hub, text: str | None) -> None:
    path = machine.temp / "provision.md"
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    assert comment(machine) == (0, "")
    assert "**There is no plan: making it failed.**" in hub.comments[0]["body"]


@pytest.mark.parametrize("shown", ["", "### Half of a plan"])
def test_a_plan_that_cannot_be_shown_leaves_no_text(machine: Runner, hub: Hub, shown: str) -> None:
    """With a `provision` that writes a plan, and fails in the middle of showing it."""
    (machine.temp / "provision.md").unlink()
    folder = machine.temp / "fake"
    folder.mkdir()
    script = f'#!/bin/sh\ncase "$3" in plan) touch "$5" ;; show) printf %s "{shown}"; exit 1 ;; esac\n'
    (folder / "provision").write_text(script, encoding="utf-8")
    (folder / "provision").chmod(0o755)
    plan = f'PATH={folder}:$PATH bash "$GITHUB_ACTION_PATH/ci/github/plan.sh"'
    code, log, *_ = machine.run(plan, {"IN_PLAN_NAME": "provision-plan"})
    assert (code, (machine.temp / "provision.plan").is_file()) == (1, True), log
    assert not (machine.temp / "provision.md").exists()
    assert comment(machine) == (0, "")
    assert "**There is no plan: making it failed.**" in hub.comments[0]["body"]
