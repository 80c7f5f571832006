"""The processors of this application: the statistics (promise 07)."""

from privacy.connectors import base, checks, matomo, ses  # noqa: F401  # checks register themselves
from webanizr.core.processors import declare

declare(matomo.PROCESSOR)
base.register("statistics", matomo.statistics)
base.register("account_mail", ses.suppression)
