"""Bodies of requests: a field nobody knows is refused, since it was meant to do something."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
