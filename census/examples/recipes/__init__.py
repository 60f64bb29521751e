"""Recipes for examples, one module per family of forms.

A recipe gives the answers that must hang together; ``census.examples.drafts`` fills in what else is owed and
``census.examples.search`` mends the rest. A form needs one only where mending is slow or reads like no real plant.
"""

from __future__ import annotations

from typing import Final

from census.examples.recipes import (
    accounting,
    air,
    area,
    combustion,
    domestic,
    facilities,
    industry,
    listing,
    livestock,
    metallurgy,
    mobile,
    monitoring,
    parks,
    products,
    refinery,
    scattered,
    sewage,
    waste,
)
from census.examples.recipes.recipe import Recipe

RECIPES: Final[dict[str, Recipe]] = {
    **accounting.RECIPES,
    **air.RECIPES,
    **area.RECIPES,
    **combustion.RECIPES,
    **domestic.RECIPES,
    **facilities.RECIPES,
    **industry.RECIPES,
    **listing.RECIPES,
    **livestock.RECIPES,
    **metallurgy.RECIPES,
    **mobile.RECIPES,
    **monitoring.RECIPES,
    **parks.RECIPES,
    **products.RECIPES,
    **refinery.RECIPES,
    **scattered.RECIPES,
    **sewage.RECIPES,
    **waste.RECIPES,
}
