"""Everything a recipe may name, with its summary, importing none of it."""

from limbeck.recipe.families import CHECKS, COMPRESSION_METHODS, ENGINES, FUSION_METHODS, SOURCES
from limbeck.recipe.preset import preset_names, preset_summary
from limbeck.recipe.shipped import shipped_names, shipped_summary

_FAMILIES = {
    "sources": SOURCES,
    "fusion methods": FUSION_METHODS,
    "compression methods": COMPRESSION_METHODS,
    "engines": ENGINES,
    "checks": CHECKS,
}


def catalogue() -> dict[str, dict[str, str]]:
    """Return the summary of each member of each family, and of each base that comes with us."""
    found = {
        title: {name: family.summary(name) for name in family.names() if not name.startswith("_")}
        for title, family in _FAMILIES.items()
    }
    found["checkpoints"] = {name: shipped_summary(name) for name in shipped_names()}
    return found | {"presets": {name: preset_summary(name) for name in preset_names()}}
