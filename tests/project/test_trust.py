"""Where states and their passwords may go."""

from __future__ import annotations

import pytest

from provisioner.core.errors import UntrustedHost, UsageError
from provisioner.project.trusted_hosts import check_api, check_state, places_of

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
        ("postgresql://u@%2Frun%2Fpostgresql,c.example/states", ["c.example"]),
        ("postgresql:///states?host=/run/postgresql,d.example", ["d.example"]),
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
        {**PASSWORD, "PGHOST": "other.example,DB.example"},
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
    with pytest.raises(UntrustedHost, match=r"password would be sent to db\.example") as caught:
        check_state(state, PASSWORD)
    assert "PGHOST=db.example" in (caught.value.hint or "")
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


#: What libpq or git would read otherwise than a plain split does. `evil` is the host that they would go to.
AMBIGUOUS = [
    "postgresql://127.0.0.1?x@evil/db",
    "postgresql://u@evil:5432,x@127.0.0.1/db",
    "postgresql://%2Fx%2Cevil/db?user=u",
    "postgresql://ev%69l/db",
    "postgresql://127.0.0.1/db?hostaddr=evil&application_name=@x&user=u",
    "postgresql://127.0.0.1/db?passfile=/etc/passwd&hostaddr=evil&user=@x",
    "postgresql://127.0.0.1/db?host=%2Fx%2Cevil%40",
    "postgresql://[::1/db",
    "postgresql://[evil]/db",
    "postgresql://℀.example/db",
    "git:ssh://evil%2F@127.0.0.1/x",
    "git:ssh://git@evil%2Fx@git.example/y",
    "git:git://evil%3A9%2F@127.0.0.1/x",
    "git:ssh://git.example?@evil/x",
    "git:ssh://git.example\\@evil/x",
    "git:ssh://[x/y",
    "git:ssh://-oProxyCommand=x/y",
    "git:[git.example]:x",
]


@pytest.mark.parametrize("state", AMBIGUOUS)
def test_a_url_that_could_be_read_in_two_ways_is_refused(state: str) -> None:
    listed = {"PGPASSWORD": "x", "PROVISION_TRUSTED_HOSTS": "git.example"}
    for environ in (listed, {}):
        with pytest.raises(UsageError, match="can be read in different ways"):
            check_state(state, environ)


@pytest.mark.parametrize("url", ["http://api.openai.com/v1", "http://proxy.example/v1"])
def test_a_listed_host_still_gets_the_key_over_tls_only(url: str) -> None:
    listed = {"PROVISION_TRUSTED_HOSTS": "api.openai.com,proxy.example"}
    with pytest.raises(UntrustedHost, match="in clear text"):
        check_api(url, listed, named_by_process=False)


@pytest.mark.parametrize("entry", ["https://proxy.example", "db.example:5432", "a b", "*"])
def test_an_entry_that_would_never_fit_is_refused(entry: str) -> None:
    with pytest.raises(UsageError, match="neither a host nor a bucket"):
        check_state("s3://states/x", {"PROVISION_TRUSTED_HOSTS": entry})


def test_a_base_url_that_is_none_is_a_user_s_error() -> None:
    with pytest.raises(UsageError, match="no URL"):
        check_api("https://[x/v1", {}, named_by_process=False)
