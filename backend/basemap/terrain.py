"""Reads the terrain raster of the settings into the installation's metric frame."""

from pathlib import Path

import numpy as np

from gis.frame import LocalFrame
from gis.terrain import Terrain, build_terrain

from ..errors import Misconfigured


def read_terrain(path: Path | None, frame: LocalFrame) -> Terrain | None:
    """Return the first band warped bilinearly into `frame`; None without a path.

    Raises
    ------
    Misconfigured
        If the file cannot be read or states no CRS.

    """
    if path is None:
        return None
    import rasterio  # brings GDAL: loaded only where a terrain is set
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    try:
        with (
            rasterio.open(path) as source,
            WarpedVRT(source, crs=frame.crs.to_wkt(), resampling=Resampling.bilinear) as warped,
        ):
            band = warped.read(1, masked=True).astype(np.float64)
            return build_terrain(band.filled(np.nan), tuple(warped.transform))
    except (rasterio.errors.RasterioError, ValueError) as fault:
        raise Misconfigured(reason=f"terrain {path} cannot be used: {fault}") from fault
