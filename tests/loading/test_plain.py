"""The short way to a state in a folder reads what the whole way reads, or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.core.errors import ProvisionError, UsageError
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import read_settings
from provisioner.project.loading.plain import LARGE, read_plain
from provisioner.project.loading.plain_settings import choose_settings, find_plain_settings
from provisioner.project.loading.whole import read_whole
from tests.conftest import CHECKOUT
from tests.loading.conftest import POET, Project, definition, stored

#: Settings that are read in the short way, with the environment that is asked for.
PLAIN = [
    ("project: library\n", None),
    ("---\n# a project\nproject: library # of books\nstate: ../state\n\ndefaults: {model: gpt-6-luna}\n", None),
    ("project: library\ndefaults:\n  model: gpt-6-luna\n  metadata: {team: 'a b'}\nlint:\n  ignore: [secret]\n", None),
    ("project: 'library'\nstate: \"../state\"\n", "default"),
    ("project: library\nenvironments: {dev: {}, prod: {}}\ndefault_environment: dev\n", None),
    ("project: library\nenvironments:\n  dev:\n  prod:\n    protected: true\n    state: ../state\n", "prod"),
    ("project: library\nenvironments:\n  dev: {}\n  prod: {protected: true, state: ../elsewhere}\n", "prod"),
    ("project: library\nignore:\n- notes.yaml\nenvironments:\n    default: {}\n", None),
]
#: Settings that are left to the whole check, which may find nothing wrong.
UNUSUAL = [
    ("project: library\nstate: &place ../state\n", None),
    ("project: library\nx-a: &place ../other\nstate: *place\n", None),
    ("{project: library, state: ../state}\n", None),
    ("project: library\nstate:\n  ../state\n", None),
    ("project: library\nstate: ../a\n  b\n", None),
    ("project: library\nstate: >\n  ../state\n", None),
    ("project: library\nstate: ../one\nstate: ../two\n", None),
    ("project: library\ndefaults: {model: gpt-6-luna,\nstate: ../two }\n", None),
    ('project: library\ndefaults:\n  user: "a\nstate: b"\n', None),
    ("project: library\nstate: ${env.HOME}\n", None),
    ("project: library\nstate: null\n", None),
    ("project: 1234\n", None),
    ("project: no\n", None),
    ("project: library\nenvironments: {dev: {}}\n", "prod"),
    ("project: library\n", "prod"),
    ("project: library\nenvironments: {dev: {}, prod: {}}\n", None),
    ("project: library\n<<: {state: ../two}\n", None),
    ("project: library\nstate: .\n", None),
    ("project: library\nstate: ../manifests/..\n", None),
    ("project: library\nstate:\t../state\n", None),
    ("? project\n: library\n", None),
    ("", None),
    ("project: library\nenvironments:\n  dev: {state: '../x, y'}\n", "dev"),
]


def facts(folder: Path, environment: str | None) -> tuple[str, str, str] | None:
    """The project, the environment and the state's location, as the whole check reads them."""
    report = Report()
    try:
        read = read_settings(folder, environment, {}, report)
        report.finish()
    except ProvisionError:
        return None
    return read.project, read.environment, read.state


@pytest.mark.parametrize(("text", "environment"), PLAIN)
def test_usual_settings_are_read_in_the_short_way(project: Project, text: str, environment: str | None) -> None:
    project.settings(text)
    found = find_plain_settings(".", environment)
    assert found is not None
    state = os.path.normpath(os.path.join(found.folder, found.state))
    assert (found.project, found.environment, state) == facts(project.root / "manifests", environment)


@pytest.mark.parametrize(("text", "environment"), UNUSUAL)
def test_unusual_settings_are_left_to_the_whole_check(project: Project, text: str, environment: str | None) -> None:
    project.settings(text)
    for name in ("default", "dev", "prod"):
        project.state(definition(), environment=name)
    assert read_plain(".", environment) is None


@pytest.mark.thorough
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    lines=st.lists(
        st.sampled_from(
            [
                *("project: library", "state: ../state", "state: ../other", "state: 'a'", 'state: "b" # c', "state:"),
                *(
                    "environments:",
                    "environments: {dev: {state: ../x}}",
                    "  dev:",
                    "  dev: {state: ../y}",
                    "    state: z",
                ),
                *(
                    "  'quoted': x",
                    "defaults: {model: gpt-6-luna}",
                    "- a",
                    "  # note",
                    "# it's",
                    "default_environment: dev",
                ),
                *(
                    "x-a: &a b",
                    "state: *a",
                    "'",
                    '  "',
                    "}",
                    "  text: |",
                    "    state: inside",
                    "root: ..",
                    "---",
                    "...",
                ),
            ]
        ),
        max_size=9,
    ),
    environment=st.sampled_from([None, "dev", "default"]),
)
def test_the_two_ways_agree(project: Project, lines: list[str], environment: str | None) -> None:
    text = "\n".join(["project: library", *lines])
    project.settings(text)
    folder = project.root / "manifests"
    found = choose_settings(text, str(folder), environment)
    if found is not None and (whole := facts(folder, environment)) is not None:
        assert (found.project, found.environment) == whole[:2]
        assert os.path.normpath(os.path.join(folder, found.state)) == whole[2]


def test_the_state_is_read_in_the_short_way(project: Project) -> None:
    project.state(
        definition(), definition("tutor", {"model": "m", "tools": [], "temperature": 0.5, "text": {"a": "é\n"}})
    )
    short, whole = read_plain(".", None), read_whole(".", None)
    assert short is not None
    assert short.place == whole.place == "state/default.json"
    assert {name: record["inputs"] for name, record in short.objects.items()} == {
        name: record["inputs"] for name, record in whole.objects.items()
    }


def large_state(project: Project) -> None:
    """Writes a state that is read with msgspec."""
    poets = [definition(f"poet-{number}", {**POET, "instructions": "Rhyme. " * 200}) for number in range(1_000)]
    project.state(*poets, stored("hamlet", "vector_store", "vs_1", "vector_store"), definition("Dichterin-ä"))
    assert project.path().stat().st_size >= LARGE


def test_a_large_state_is_read_in_the_short_way(project: Project) -> None:
    large_state(project)
    short, whole = read_plain(".", None), read_whole(".", None)
    assert short is not None
    assert dict(short.objects) == whole.objects
    assert (short.place, list(short.objects)) == (whole.place, sorted(whole.objects))
    assert short.find_assistant("poet-7")["inputs"]["model"] == "gpt-6-luna"
    assert short.find("vector_store.hamlet")["id"] == "vs_1"
    assert short.find("Dichterin-a\u0308")["release"] == 1
    for recorded in (short, whole):
        with pytest.raises(UsageError, match="no assistant called `nobody`"):
            recorded.find("nobody")
        with pytest.raises(UsageError, match=r"there are: vector_store\.hamlet"):
            recorded.find("vector_store.other")


@pytest.mark.parametrize(
    ("old", "new"),
    [('"gpt-6-luna"', '"gpt-6-sol"'), ('"project": "library"', '"project": "other"'), ("\n}\n", '\n, "x": 1}\n')],
)
def test_an_edited_large_state_is_left_to_the_whole_check(project: Project, old: str, new: str) -> None:
    large_state(project)
    text = project.path().read_text(encoding="utf-8")
    project.path().write_text(text.replace(old, new, 1), encoding="utf-8")
    assert read_plain(".", None) is None
    with pytest.raises(ProvisionError):
        read_whole(".", None)


def test_a_link_is_left_to_the_whole_check(project: Project) -> None:
    project.state(definition())
    (project.root / "state").rename(project.root / "real")
    (project.root / "state").symlink_to("real")
    assert read_plain(".", None) is None


def test_the_example_is_read_in_the_short_way() -> None:
    assert find_plain_settings(str(CHECKOUT), None) is not None
