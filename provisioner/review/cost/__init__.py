"""Estimates what a plan's vector stores and tools cost before and after it."""

from provisioner.review.cost.estimate import estimate
from provisioner.review.cost.inventory import Inventory
from provisioner.review.cost.prices import Prices, read_prices

__all__ = ["Inventory", "Prices", "estimate", "read_prices"]
