"""Makes the fictional county 云溪县 (模拟), layer by layer, from one seed.

Everything is drawn in local metres (x east, y north of the county town's centre) and moved to
EPSG:4545 only when it is written.
"""
