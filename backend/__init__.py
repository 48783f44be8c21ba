"""gridlink: the server side of 网格联."""

__version__ = "0.1.0"
