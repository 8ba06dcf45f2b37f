"""Where environments are declared, one of them is chosen."""

from __future__ import annotations

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from tests.manifest.conftest import ProjectAt

DECLARED = "project: helpers\nenvironments: {dev: {}, stage: {target: agents}, prod: {}}\n"


def refuse(project: ProjectAt, settings: str, environment: str | None = None) -> list[str]:
    with pytest.raises(InvalidManifest) as raised:
        load(project({"provision.yaml": settings}), environment)
    return [str(item) for item in raised.value.diagnostics]


def test_none_is_chosen(project: ProjectAt) -> None:
    [told] = refuse(project, DECLARED)
    names = "no environment is chosen; declared are `dev`, `stage` and `prod`"
    advice = "choose one with --env, or write `default_environment: dev` in provision.yaml"
    assert told == f"manifests/provision.yaml:2:1: {names}; {advice}"


def test_one_alone_is_not_chosen_either(project: ProjectAt) -> None:
    [told] = refuse(project, "project: helpers\nenvironments: {prod: {}}\n")
    assert "no environment is chosen; declared are `prod`" in told


def test_default_is_no_environment_unless_it_is_declared(project: ProjectAt) -> None:
    [told] = refuse(project, DECLARED, "default")
    assert "there is no environment `default`; declared are `dev`, `stage` and `prod`" in told
    declared = "project: helpers\nenvironments: {default: {target: agents}, prod: {}}\n"
    settings = load(project({"provision.yaml": declared})).settings
    assert (settings.environment, settings.target) == ("default", "agents")


@pytest.mark.parametrize(("environment", "expected"), [(None, "stage"), ("prod", "prod")])
def test_the_settings_name_one(environment: str | None, expected: str, project: ProjectAt) -> None:
    folder = project({"provision.yaml": f"{DECLARED}default_environment: stage\n"})
    settings = load(folder, environment).settings
    assert (settings.environment, settings.is_known) == (expected, True)
    assert settings.target == ("agents" if expected == "stage" else "responses")


def test_the_one_that_is_named_goes_before_default(project: ProjectAt) -> None:
    settings = "project: helpers\nenvironments: {default: {}, prod: {}}\ndefault_environment: prod\n"
    assert load(project({"provision.yaml": settings})).settings.environment == "prod"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            f"{DECLARED}default_environment: prd\n",
            "3:22: there is no environment `prd`; declared are `dev`, `stage` and",
        ),
        ("project: helpers\ndefault_environment: prod\n", "2:22: there is no environment `prod`; declared are none;"),
        (f"{DECLARED}default_environment: 3\n", "3:22: a text is expected here, not `3`"),
    ],
)
@pytest.mark.parametrize("environment", [None, "dev"])
def test_one_that_is_not_declared_cannot_be_named(
    environment: str | None, settings: str, said: str, project: ProjectAt
) -> None:
    told = refuse(project, settings, environment if "environments" in settings else None)
    assert [said in each for each in told] == [True]


def test_an_environment_of_a_project_that_declares_none(project: ProjectAt) -> None:
    [told] = refuse(project, "project: helpers\n", "prod")
    assert (
        "there is no environment `prod`; none is declared; declare it in provision.yaml under `environments:`" in told
    )
    for environment in (None, "default"):
        assert load(project({}), environment).settings.environment == "default"


def test_other_problems_are_reported_as_well(project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest) as raised:
        load(project({"provision.yaml": DECLARED, "a.yaml": "assistants: {a: {nmae: x}}\n"}))
    assert len(raised.value.diagnostics) == 2
