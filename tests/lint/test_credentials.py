"""What is a credential and what only resembles one. The examples are put together here: none stands in a file."""

from __future__ import annotations

import base64

import pytest

from provisioner.manifest.secret_scan.credentials import find_credentials

MIX = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6"
PAIR = base64.b64encode(b"anna:hunter2").decode()
TOKEN = f"eyJ{MIX[:20]}.eyJ{MIX[:30]}.{MIX[:43]}"
FOUND = {
    f"{TOKEN}": "a JSON web token",
    f"token={TOKEN}": "a JSON web token",
    f"Authorization: Bearer {TOKEN}": "a JSON web token",
    f"sk-{MIX[:20]}": "an API key",
    f"sk-proj-{MIX[:20]}_{MIX[:30]}-{MIX[:9]}": "an API key",
    f"sk_live_{MIX[:24]}": "a Stripe key",
    f"rk_live_{MIX[:24]}": "a Stripe key",
    f"github_pat_{MIX[:30]}": "a GitHub token",
    f"glpat-{MIX[:20]}": "a GitLab token",
    f"hf_{MIX[:34]}": "a Hugging Face token",
    f"npm_{MIX[:36]}": "an npm token",
    f"SG.{MIX[:22]}.{MIX[:43]}": "a SendGrid key",
    f"AKIA{MIX[:16].upper()}": "an AWS key",
    f"ASIA{MIX[:16].upper()}": "an AWS key",
    f"aws_secret_access_key = {MIX[:40]}": "an AWS secret key",
    f"AWS_SECRET_ACCESS_KEY={MIX[:40]}": "an AWS secret key",
    f'"SecretAccessKey": "{MIX[:40]}"': "an AWS secret key",
    f"AccountName=x;AccountKey={MIX}{MIX[:34]}==;": "an Azure key",
    f"https://hooks.slack.com/services/T{MIX[:8]}/B{MIX[:8]}/{MIX[:24]}": "a Slack webhook",
    f"Authorization: Basic {PAIR}": "a name and password",
    f'"authorization": "basic {PAIR}"': "a name and password",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----": "a private key",
    "-----BEGIN RSA PRIVATE KEY-----": "a private key",
    "postgres://anna:hunter2@db.example.com/x": "a password in a URL",
    "redis://:hunter2@localhost:6379": "a password in a URL",
    "Bearer abcdef0123456789": "a bearer token",
}
NOT_FOUND = [
    "postgres://{{user}}:{{password}}@{{host}}",
    "postgres://${USER}:${PASSWORD}@host/db",
    "https://<user>:<token>@example.com",
    "postgres://USER:PASSWORD@HOST/DB",
    "postgres://user:pass@example.com",
    "mysql://root:DB_PASSWORD@localhost",
    "mysql://root:your-password@localhost",
    "https://example.com:8080?mail=anna@example.com",
    "https://example.com:8080/x@y",
    "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "sk-" + "x" * 24,
    "sk-proj-" + "0" * 24,
    "sk-1234" + "X" * 24,
    "glpat-" + "x" * 20,
    "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
    "Bearer YOUR_TOKEN_HERE_123",
    "Bearer <token-of-2026-11-20>",
    "bearer RFC6750-compliant",
    "sk-learn-pipeline-v2-with-scaling-2024",
    "sk-learn_train_test_split_0",
    "SG.de.example",
    "eyJhbGciOiJIUzI1NiJ9 is the head of one",
    "Authorization: Basic " + base64.b64encode(b"user:password").decode(),
    "Authorization: Basic authentication",
    "Authorization: Basic {{credentials}}",
    "hf_hub_download_of_models_and_their_files_1",
    "npm_config_registry_of_the_company_0000001",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----",
]


@pytest.mark.parametrize(("text", "kind"), FOUND.items(), ids=range(len(FOUND)))
def test_a_credential_is_found_once_and_of_its_kind(text: str, kind: str) -> None:
    for whole in (text, f"Use {text}, please.", f"'{text}'"):
        [found] = find_credentials(whole)
        assert found.kind == kind
        assert found.shown == "" or (found.shown in text and len(found.shown) == 4)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_resembles_a_credential_is_none(text: str) -> None:
    assert list(find_credentials(f"Use {text}, please.")) == []
