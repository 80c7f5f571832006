"""The processors of this application: the statistics (promise 07)."""

from privacy.connectors import base, matomo
from webanizr.core.processors import declare

declare(matomo.PROCESSOR)
base.register("statistics", matomo.statistics)
