"""Writes the plan into the pull request: one comment for each environment, which later runs update.

A comment is ours if it begins with our mark and our own user wrote it. If it cannot be written, there is a warning,
because the plan is also in the job's summary.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from api import TRIES, WRONG, GitHub, Refused, fail, hide_token, read_event, warn

NAME = re.compile(r"[A-Za-z0-9_.-]+")


def main() -> int:
    """Writes the comment. Returns 1 only if the action is used wrongly."""
    name, environment = os.environ["IN_PLAN_NAME"], os.environ["IN_ENVIRONMENT"] or "default"
    if not (NAME.fullmatch(name) and NAME.fullmatch(environment)):
        return fail(f"`{name}` or `{environment}` cannot be part of a name: use letters, digits, `_`, `.` and `-`")
    try:
        pull = read_event()["pull_request"]
        mark = f"<!-- provision: {name}/{environment} -->"
        texts = [f"{mark}\n{text}\n\n{_footer(pull)}\n" for text in _texts(os.environ["IN_ENVIRONMENT"])]
        publish(GitHub(os.environ), pull["number"], mark, texts, os.environ["IN_COMMENT_AUTHOR"])
    except WRONG as error:
        warn(f"the comment could not be written, and the plan is in the job's summary: {error}")
    return 0


def publish(hub: GitHub, number: int, mark: str, texts: list[str], author: str) -> None:
    """Creates or updates our comment with the first of `texts` that GitHub accepts. Raises Refused."""
    for tried in range(TRIES):
        try:
            _write(hub, number, find(hub, number, mark, author), texts[0])
            return
        except Refused as error:
            if error.status == 422 and len(texts) > 1:
                texts = texts[1:]
            # Deleted in between, or perhaps made after all: look again before anything is written.
            elif tried == TRIES - 1 or (error.sure and error.status != 404):
                raise
            else:
                time.sleep(2.0**tried)


def find(hub: GitHub, number: int, mark: str, author: str) -> int | None:
    """Returns the id of our comment. Anybody can copy the mark, so its author must be our own user."""
    for comment in hub.pages(f"/issues/{number}/comments"):
        if _author(comment) == author and str(comment.get("body") or "").startswith(mark):
            return int(comment["id"])
    return None


def _author(comment: Any) -> str | None:
    return (comment.get("user") or {}).get("login")


def _write(hub: GitHub, number: int, comment: int | None, text: str) -> None:
    if comment is None:
        hub.ask("POST", f"/issues/{number}/comments", {"body": hide_token(text)})
    else:
        hub.ask("PATCH", f"/issues/comments/{comment}", {"body": hide_token(text)})


def _texts(environment: str) -> list[str]:
    """Returns the plan, and a shorter text for a plan that is too long. Without a plan, it returns a text that says so.

    The text replaces the plan of a former run, which is no longer valid.
    """
    path = Path(os.environ["RUNNER_TEMP"], "provision.md")
    text = path.read_text(encoding="utf-8", errors="backslashreplace") if path.is_file() else ""
    if not text.strip():
        named = f": `{environment}`" if environment else ""
        return [f"### ❌ provision plan{named}\n\n**There is no plan: making it failed.**"]
    head = "\n\n".join(text.split("\n\n")[:2])
    cut = (
        f"The plan is too long for a comment: {len(text) - len(head):,} characters of it are not shown here, and none "
        "of its changes is. The job's summary has more of it, and `provision show FILE` shows all of the plan file, "
        "which is an artifact of the run."
    )
    return [text.rstrip("\n"), f"{head}\n\n**⚠️ {cut}**"]


def _footer(pull: Any) -> str:
    run = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(os.environ)
    return f"For {pull['head']['sha']}. [Log, summary and plan file]({run})"


if __name__ == "__main__":
    sys.exit(main())
