"""All that can be given to others, by name."""

from .camera_layers import CAMERA_LAYERS
from .deed_layers import DEEDS
from .land_layers import LAND
from .layers import Layer, Name

LAYERS: dict[Name, Layer] = {layer.name: layer for layer in (*LAND, *CAMERA_LAYERS, *DEEDS)}
