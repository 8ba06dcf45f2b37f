"""`provision validate`."""

from __future__ import annotations

from collections import Counter

import click

from provisioner.cli.options import shared


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The problems as JSON on stdout.")
@shared
@click.pass_context
def validate(context: click.Context, as_json: bool) -> int:
    """Check the manifests without calling anything.

    Reports every problem of all files in one run, as path:line:column: what is wrong; what to do.
    """
    from provisioner.cli.choosing import chosen_by
    from provisioner.cli.screen import screen
    from provisioner.diagnostic import Diagnostic
    from provisioner.errors import InvalidManifest, ProvisionError
    from provisioner.project.manifests import read_manifest
    from provisioner.render.json_text import diagnostics_json, dumps
    from provisioner.render.plan_text import diagnostic_text
    from provisioner.render.units import plural

    shown = screen()
    try:
        manifest = read_manifest(chosen_by(context))
    except ProvisionError as error:
        if as_json:
            found = error.diagnostics if isinstance(error, InvalidManifest) else [Diagnostic("error", error.message)]
            shown.result(dumps({"diagnostics": diagnostics_json(found)}))
        raise
    if as_json:
        shown.result(dumps({"diagnostics": diagnostics_json(manifest.diagnostics)}))
        return 0
    for diagnostic in manifest.diagnostics:
        shown.note(diagnostic_text(diagnostic, shown.style))
    counts = Counter(resource.address.kind for resource in manifest.resources)
    parts = [plural(count, kind.replace("_", " ")) for kind, count in sorted(counts.items())]
    shown.result(f"{manifest.settings.project} is valid: {', '.join(parts) or 'nothing is declared'}.")
    return 0
