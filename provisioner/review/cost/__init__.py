"""Estimates the costs of a plan's vector stores and tools, before and after the plan is applied."""

from provisioner.review.cost.estimate import estimate
from provisioner.review.cost.inventory import Inventory
from provisioner.review.cost.prices import Prices, read_prices

__all__ = ["Inventory", "Prices", "estimate", "read_prices"]
