"""Fixes, visits, heat and overdue grids: where somebody has been, and where nobody has."""
