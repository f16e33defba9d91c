"""Draw a lesion from a set of cues. Every cue is a feature id of the release; what is drawn is what is found."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PIL import Image

from kg_service.core.errors import RecordInvalid

from . import colors, structures, surfaces
from .canvas import Canvas
from .nuisance import hair, lighting, noise
from .outline import SHAPES, lay_out

# After the body, in this order: what covers much first, what is small last, so that nothing hides anything.
_LAYERS: dict[str, Callable[[Canvas], None]] = {
    "pearly": colors.pearly,
    "multiple-colors": colors.multiple_colors,
    "asymmetry": colors.asymmetry,
    "strawberry-pattern": structures.strawberry_pattern,
    "pigment-network": structures.pigment_network,
    "verrucous-surface": surfaces.verrucous_surface,
    "nodule": colors.nodule,
    "silvery-scale": surfaces.silvery_scale,
    "blue-white-veil": colors.blue_white_veil,
    "central-white-patch": colors.central_white_patch,
    "central-clearing": colors.central_clearing,
    "peripheral-pigment-network": structures.peripheral_pigment_network,
    "atypical-pigment-network": structures.atypical_pigment_network,
    "dome-shaped": colors.dome,
    "annular": surfaces.annular_edge,
    "keratin-mass": surfaces.keratin_mass,
    "ulcer": surfaces.ulcer,
    "crust": surfaces.crust,
    "red-lacunae": structures.red_lacunae,
    "dark-lacunae": structures.dark_lacunae,
    "leaf-like-areas": structures.leaf_like_areas,
    "blue-gray-ovoid-nests": structures.blue_gray_ovoid_nests,
    "umbilicated": surfaces.umbilication,
    "scale": surfaces.scale,
    "comedo-like-openings": structures.comedo_like_openings,
    "arborizing-vessels": structures.arborizing_vessels,
    "glomerular-vessels": structures.glomerular_vessels,
    "comma-vessels": structures.comma_vessels,
    "milia-like-cysts": structures.milia_like_cysts,
    "thrombosed-capillaries": structures.thrombosed_capillaries,
    "coin-shaped": surfaces.coin_rim,
    "sharp-border": surfaces.sharp_rim,
    "stuck-on": surfaces.stuck_on_edge,
    "peripheral-scale": surfaces.peripheral_scale,
    "white-collarette": surfaces.white_collarette,
}

DRAWABLE: frozenset[str] = frozenset({*_LAYERS, *SHAPES, *colors.BODY, "skin-colored", "homogeneous-pigmentation"})


def draw(cues: Collection[str], seed: int, size: int = 84) -> Image.Image:
    """One lesion.

    Args:
        cues: drawable feature ids.
        seed: fixes everything that is not a cue (place, turn, skin, light, hair, noise) and each cue's own variation;
            the same seed with one cue more differs only by that cue, and by the small structures that make room for it.
        size: side of the square image in px, 56 to 112.

    Raises:
        RecordInvalid: a cue has no drawing.
    """
    drawn = frozenset(cues)
    if unknown := drawn - DRAWABLE:
        raise RecordInvalid(f"no drawing for {', '.join(sorted(unknown))}; drawable are {', '.join(sorted(DRAWABLE))}")
    canvas = Canvas(size, seed)
    lay_out(canvas, drawn)
    colors.skin(canvas)
    if "nodule" in drawn:
        colors.cast_shadow(canvas)
    colors.body(canvas, drawn)
    for cue, layer in _LAYERS.items():
        if cue in drawn:
            layer(canvas)
    hair(canvas)
    lighting(canvas)
    noise(canvas)
    return canvas.image()
