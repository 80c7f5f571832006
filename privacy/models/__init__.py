"""The tables of this application."""

from privacy.models.proof import Evidence
from privacy.models.statement import StatementVersion

__all__ = ["Evidence", "StatementVersion"]
