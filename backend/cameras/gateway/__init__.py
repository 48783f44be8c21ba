"""The outer gateway (MediaMTX): its paths, whom it may serve, and the end of what it serves."""
