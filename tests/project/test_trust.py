"""Where states and their passwords may go."""

from __future__ import annotations

import pytest

from provisioner.errors import UntrustedHost
from provisioner.project.trust import check_api, check_state, places_of

PASSWORD = {"PGPASSWORD": "open-sesame"}
DATABASE = "postgresql://provision@db.example/states"


@pytest.mark.parametrize(
    ("state", "places"),
    [
        ("s3://states/helpers", ["s3://states"]),
        ("az://container/x", ["az://container"]),
        (DATABASE, ["db.example"]),
        ("postgresql://u:p@a.example:5432,B.example/states", ["a.example", "b.example"]),
        ("postgresql://u@a.example/states?host=b.example,c.example", ["a.example", "b.example", "c.example"]),
        ("postgresql://[::1]:5432/states", ["::1"]),
        ("postgresql:///states?host=/run/postgresql", []),
        ("git:git@git.example:team/states.git#helpers", ["git.example"]),
        ("git:https://user@git.example:8443/team/states.git#helpers", ["git.example"]),
        ("git:/srv/states.git", []),
        ("git:file:///srv/states.git", []),
    ],
)
def test_the_places_of_a_state(state: str, places: list[str]) -> None:
    assert places_of(state) == places


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {**PASSWORD, "PGHOST": "db.example"},
        {**PASSWORD, "PROVISION_TRUSTED_HOSTS": "db.example"},
        {**PASSWORD, "PROVISION_TRUSTED_HOSTS": "s3://states, DB.example "},
    ],
)
def test_a_password_goes_where_the_environment_says_it_may(environ: dict[str, str]) -> None:
    check_state(DATABASE, environ)


@pytest.mark.parametrize(
    "state", [DATABASE, "postgresql://db.example,127.0.0.1/x", "postgresql://127.0.0.1/x?host=db.example"]
)
def test_a_password_goes_to_no_host_that_only_a_file_names(state: str) -> None:
    with pytest.raises(UntrustedHost, match=r"PGPASSWORD would be sent to db\.example") as caught:
        check_state(state, PASSWORD)
    assert "PROVISION_TRUSTED_HOSTS=db.example" in (caught.value.hint or "")
    assert "open-sesame" not in str(caught.value)


@pytest.mark.parametrize("state", [DATABASE, "s3://states/x", "git:git.example:team/states.git"])
def test_a_runner_that_lists_hosts_keeps_the_state_from_others(state: str) -> None:
    with pytest.raises(UntrustedHost, match="which PROVISION_TRUSTED_HOSTS does not name"):
        check_state(state, {"PROVISION_TRUSTED_HOSTS": "s3://other,elsewhere.example"})
    check_state("postgresql://127.0.0.1/x", {"PROVISION_TRUSTED_HOSTS": "s3://other"})
    check_state("../state", {"PROVISION_TRUSTED_HOSTS": "s3://other"})


def test_a_runner_that_lists_hosts_keeps_the_key_from_others() -> None:
    listed = {"PROVISION_TRUSTED_HOSTS": "proxy.example"}
    check_api("https://proxy.example/v1", listed, named_by_process=False)
    check_api("https://api.openai.com/v1", listed, named_by_process=False)
    check_api("https://elsewhere.example/v1", listed, named_by_process=True)
    with pytest.raises(UntrustedHost, match="the key would be sent to elsewhere"):
        check_api("https://elsewhere.example/v1", listed, named_by_process=False)
