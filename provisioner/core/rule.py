"""Defines the rules of `provision lint`. The command, the settings and docs/lint.md use the table in this module."""

from __future__ import annotations

from msgspec import Struct

from provisioner.core.diagnostic import Severity

#: The rule for problems that are found while manifests are loaded and that belong to no other rule.
MANIFEST = "manifest"


class Rule(Struct, frozen=True):
    """A rule: its name in kebab-case, the severity of its findings, what it finds, why that matters, and how to correct
    it.
    """

    name: str
    severity: Severity
    summary: str
    why: str
    correction: str


RULES: tuple[Rule, ...] = (
    Rule(
        "secret",
        "error",
        "A key, a token, a password in a URL or a private key, in a prompt, a schema or a file.",
        "Prompts and files go to version control and to the API, and models repeat what they read.",
        "Take it out, revoke it if it was ever pushed, and write `{runtime: NAME}` where a tool needs one.",
    ),
    Rule(
        "function-not-attached",
        "warning",
        "A declared function is named in the instructions of an assistant that does not have it.",
        "The model is asked to call a function that it does not have, and invents something.",
        "Add it to the assistant's `tools`, or take it out of the text.",
    ),
    Rule(
        "function-not-mentioned",
        "info",
        "An assistant has a function that its instructions do not name.",
        "The function's description alone then decides when it is called.",
        "Say in the instructions when to call it, or take it away.",
    ),
    Rule(
        "function-not-strict",
        "warning",
        "A function takes parameters without `strict: true`.",
        "The model may leave out arguments or make up others; `strict` holds it to the schema.",
        "Add `strict: true`, `additionalProperties: false`, and every property to `required`.",
    ),
    Rule(
        "duplicate-heading",
        "warning",
        "A heading occurs twice below the same headings of an assistant's instructions.",
        "Two sections of one name tend to say two things about one matter.",
        "Join the sections, or rename one.",
    ),
    Rule(
        "duplicate-paragraph",
        "warning",
        "A paragraph or a fragment occurs twice in an assistant's instructions.",
        "It costs tokens with every call, and sooner or later only one of the two is edited.",
        "Remove one.",
    ),
    Rule(
        "unused-resource",
        "warning",
        "A declared file, vector store, fragment or tool that nothing uses.",
        "It is uploaded and paid for, or read and checked, without use.",
        "Use it, or remove it.",
    ),
    Rule(
        "store-without-expiry",
        "warning",
        "A vector store that no assistant uses and that never expires.",
        "It costs money every day until it is deleted.",
        "Give it `expires_after: {days: 30}`, use it, or remove it.",
    ),
    Rule(
        "store-description",
        "info",
        "A vector store with a `description`.",
        "It can be set only when a store is created: a change of it replaces the store, all files are indexed again, "
        "and the id changes.",
        "Leave its text as it is once the store exists, or leave it out; `name` and `metadata` change in place.",
    ),
    Rule(
        "model-shut-down",
        "error",
        "A model whose shutdown date is today or past.",
        "Calls that name it fail.",
        "Choose another model.",
    ),
    Rule(
        "model-shutting-down",
        "warning",
        "A model whose shutdown date is within 60 days.",
        "Calls that name it will fail from that day.",
        "Choose another model, and try it before that day.",
    ),
    Rule(
        "temperature-on-reasoning-model",
        "warning",
        "`temperature` or `top_p` on a model that reasons.",
        "Models refuse both while they reason. `provision plan` and `provision validate` warn of it, too.",
        "Remove it. Some models take both with `reasoning: {effort: none}`; the message says so.",
    ),
    Rule(
        "effort-not-supported",
        "warning",
        "A reasoning setting that the model does not know, or any on a model that does not reason.",
        "The API refuses every call with it. `provision plan` and `provision validate` warn of it, too.",
        "Remove it, or write an effort that the message names.",
    ),
    Rule(
        "verbosity-not-supported",
        "warning",
        "A `text.verbosity` that the model does not know.",
        "The API refuses every call with it. `provision plan` and `provision validate` warn of it, too.",
        "Remove it, or write one that the message names.",
    ),
    Rule(
        "unknown-model",
        "warning",
        "A model that is not in the dated list of names, on OpenAI's own server.",
        "Calls that name it fail. `provision plan` asks the API, and stops where the API does not list it either.",
        "Correct the name. Fine-tuned models (`ft:…`) and other servers' models are never reported.",
    ),
    Rule(
        "file-not-indexable",
        "error",
        "A file of a vector store that file_search cannot index: by its type, its content or its encoding.",
        "Its indexing fails, after the upload. `provision validate` refuses the types, too.",
        "Leave it out, or convert it to text in UTF-8, Markdown or PDF.",
    ),
    Rule(
        "duplicate-file-name",
        "warning",
        "Two files of one name in a vector store.",
        "Citations show only the name. `provision validate` warns of it, too.",
        "Rename one.",
    ),
    Rule(
        "pinned",
        "info",
        "An assistant that a rollback has pinned to a release.",
        "What its manifest says is not applied. `provision plan` warns of it, too. Reads the state, if it can be read.",
        "Change the manifest, or run `provision rollback --release-pin ADDRESS`.",
    ),
    Rule(
        "unused-silence",
        "info",
        "A comment that silences nothing, or names a rule that does not exist.",
        "It would hide the next finding there.",
        "Remove it, or correct its name.",
    ),
    Rule(
        MANIFEST,
        "error",
        "Everything else that `provision validate` reports.",
        "See docs/manifests.md. What is an error there is one here; warnings and infos keep their severity.",
        "What the message says.",
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}
