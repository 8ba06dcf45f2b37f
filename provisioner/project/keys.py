"""Finds the encryption keys of state, journal and plans. A key is in an environment variable or in `.env`, or is the
output of a command in an environment variable.

No manifest contains a key or names a command. No message repeats the output of a command or the value of a variable.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

from provisioner.core.childprocess import Needs, TimeLimitExceeded, remove_secrets, run
from provisioner.core.errors import UsageError
from provisioner.core.text.redaction import register
from provisioner.manifest import Settings
from provisioner.manifest.project_settings.key_sources import KeySource
from provisioner.project.credentials import read_dotenv
from provisioner.state.sealing import SHORTEST, UNSEALED, Seal

#: The time limit of a command that prints a key, in seconds; it may ask the user.
PATIENCE = 120
PRESENT = "set it; a new key (`openssl rand -base64 32`) opens nothing that is encrypted already"
#: Programs that manage secrets, with the prefixes of the variables from which they read credentials. Each program gets
#: only its own secret variables. Any other program gets only the secret variables that PASSED names.
CLOUDS = ("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_", "VAULT_")
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "aws": ("AWS_",),
    "aws-vault": ("AWS_",),
    "chamber": ("AWS_", "CHAMBER_"),
    "az": ("AZURE_", "ARM_"),
    "gcloud": ("GOOGLE_", "CLOUDSDK_"),
    "berglas": ("GOOGLE_", "CLOUDSDK_"),
    "vault": ("VAULT_",),
    "bao": ("BAO_", "VAULT_"),
    "op": ("OP_",),
    "bw": ("BW_",),
    "bws": ("BWS_",),
    "doppler": ("DOPPLER_",),
    "infisical": ("INFISICAL_",),
    "sops": ("SOPS_", "AGE_", *CLOUDS),
    "age": ("AGE_",),
    "pass": ("PASSWORD_STORE_",),
    "gopass": ("GOPASS_", "PASSWORD_STORE_"),
}
#: The variable that names further variables for the key command, separated by commas. OPENAI_API_KEY is never passed.
PASSED = "PROVISION_KEY_COMMAND_VARIABLES"
FORMER = "set it, or take it out of `former` once `provision state reseal` has run"


def find_seal(settings: Settings) -> Seal:
    """Returns the `Seal` of the project: an object that encrypts and decrypts its state, journal and plans with the
    keys. Raises UsageError if a key is missing or too short.
    """
    present, former = settings.encryption.key, settings.encryption.former
    if present is None and not former:
        return UNSEALED
    process = os.environ
    beside = read_dotenv(settings.root, process)
    others = frozenset(each.variable for each in (present, *former) if each)
    key = None if present is None else _find_key(present, process, beside, others, PRESENT)
    found = [_find_key(source, process, beside, others, FORMER) for source in former]
    # Whitespace around a key is removed. Older versions did not do that, so a key with whitespace still decrypts.
    older = [each for each in (key, *found) if each is not None and each != each.strip()]
    return Seal(key and key.strip(), (*(each.strip() for each in found), *older))


def _find_key(
    source: KeySource, process: Mapping[str, str], beside: Mapping[str, str], others: frozenset[str], hint: str
) -> str:
    """Returns the encryption key. `source` names the environment variable that contains the key or a command that
    prints the key. `process` contains the environment variables, and `beside` contains the variables of `.env`.

    `others` are the names of the variables that contain keys or key commands; a key command does not get these
    variables. `hint` is the advice if the variable is not set. Raises UsageError if there is no key, or if the key is
    too short.
    """
    value = process.get(source.variable) or ("" if source.is_command else beside.get(source.variable))
    if not value:
        holds = "the command that prints the state's key" if source.is_command else "the state's key"
        raise UsageError(f"{source.variable}, which holds {holds}, is not set", hint=hint)
    key = _run(source.variable, value, process, others) if source.is_command else value
    register(key)
    if len(key.strip()) < SHORTEST:
        what = f"the command in {source.variable} prints" if source.is_command else f"{source.variable} holds"
        raise UsageError(
            f"{what} a key of fewer than {SHORTEST} characters", hint="make one with: openssl rand -base64 32"
        )
    return key


def _run(variable: str, command: str, process: Mapping[str, str], others: frozenset[str]) -> str:
    """Returns the output of `command` without the final newline. `variable` is the environment variable that contains
    the command. The stderr of the command is shown to the user. The command does not get the variables in `others`.

    Raises UsageError if the command fails, takes longer than PATIENCE, or begins with a relative path, which could be a
    file of the branch under review. The command gets stdin only if it is a terminal, because another program's input
    must not be read.
    """
    words = _split(variable, command)
    try:
        ended = run(words, _environment(words[0], process, others), timeout=PATIENCE, shares_terminal=True)
        if ended.code != 0:
            raise _failed(variable, f"ended with {ended.code}")
        return ended.output.decode().rstrip("\r\n")
    except TimeLimitExceeded as error:
        raise _failed(variable, f"gave no key within {PATIENCE} s") from error
    except UnicodeDecodeError:
        raise _failed(variable, "prints no text") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds a sign that no command may"
        raise _failed(variable, f"cannot be run: {reason}") from None


def _environment(program: str, process: Mapping[str, str], others: frozenset[str]) -> dict[str, str]:
    """Returns the environment variables that a key command gets.

    They are the variables that are not secret, the variables from which `program` reads its credentials, and the
    variables that the variable PASSED lists. The variables in `others` are never included.
    """
    passed = frozenset(name.strip() for name in process.get(PASSED, "").split(",")) - others
    own = PROGRAMS.get(os.path.basename(program), ())
    return remove_secrets(process, Needs(passed, own), others)


def _split(variable: str, command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        raise _failed(variable, "cannot be run: a quote is not closed") from None
    if not words:
        raise _failed(variable, "is empty")
    if "/" in words[0] and not os.path.isabs(words[0]):
        raise _failed(variable, "is a relative path, which may lead into the manifests; write an absolute one")
    return words


def _failed(variable: str, what: str) -> UsageError:
    return UsageError(f"the command in {variable} {what}", hint="run it by hand: it must print the state's key")
