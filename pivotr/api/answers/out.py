"""What every answer of the API has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    """An answer says what is declared here, and nothing else."""

    model_config = ConfigDict(extra="forbid")
