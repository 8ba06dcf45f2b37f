"""Defines the pydantic model for instructions: named fragments of text, from which the instructions of assistants are
composed.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from provisioner.core.kinds.model import Filled, Model, Scalar, one_of


class Fragment(Model):
    """A fragment of instructions: a text in the manifest or in a file. If the fragment has `variables`, each `{{name}}`
    in the text is filled in.
    """

    text: str | None = Field(None, description="The text itself.")
    file: Filled | None = Field(None, description="The file that holds the text, relative to this manifest.")
    variables: dict[str, Scalar] | None = Field(None, description="What each `{{name}}` becomes.")


def _check_fragment(value: Fragment) -> Fragment:
    one_of({"text": value.text, "file": value.file}, "text", "file")
    return value


FragmentModel = Annotated[Fragment, AfterValidator(_check_fragment)]
