"""The table of lint's rules, from the rules themselves."""

from __future__ import annotations

from provisioner.core.rule import RULES


def render_rules() -> str:
    """A row for each rule."""
    rows = [f"| `{rule.name}` | {rule.severity} | {rule.summary} {rule.why} | {rule.correction} |" for rule in RULES]
    return "\n".join(["| rule | severity | what it finds, and why | how to correct it |", "|---|---|---|---|", *rows])
