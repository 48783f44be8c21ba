"""The names a route of any domain needs to say who may ask and to work for the one who does."""

from ..access import CurrentUser, Id, Principal, Right, Tx, right

__all__ = ["CurrentUser", "Id", "Principal", "Right", "Tx", "right"]
