"""Defines the command `provision schema`."""

from __future__ import annotations

import click

from provisioner.cli.options import shared


@click.command()
@shared
def schema() -> None:
    """Print the JSON Schema of manifests, for editors."""
    from provisioner.cli.terminal import screen
    from provisioner.manifest import json_schema
    from provisioner.review.render.json_text import dumps

    screen().result(dumps(json_schema()))
