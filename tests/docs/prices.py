"""The table of prices, from the list and from the models that settings are held against."""

from __future__ import annotations

from provisioner.manifest.project_settings.prices import PricesModel
from provisioner.review.cost import read_prices


def render_prices() -> str:
    """The date of the prices, and a row for each."""
    prices = read_prices({})
    rows = [
        f"| `{name}` | {'not known' if prices.usd[name] is None else f'{prices.usd[name]:g}'} | {info.description} |"
        for name, info in PricesModel.model_fields.items()
    ]
    return "\n".join([f"As of {prices.as_of}:", "", "| price | | what it is |", "|---|---|---|", *rows])
