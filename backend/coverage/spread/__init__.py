"""The raster count of a province: partitions by division, counted here or on a Dask cluster."""
