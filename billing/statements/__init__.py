"""Bank statement files as plain data: read, checked against themselves, and refused as a whole when anything is off.

No database here. `read(data)` gives a `Statement`; nothing of a file that can't be trusted ever gets further.
"""

from billing.statements.model import Entry, Statement, StatementError
from billing.statements.read import read

__all__ = ["Entry", "Statement", "StatementError", "read"]
