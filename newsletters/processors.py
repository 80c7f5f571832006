"""The processors of this application: one mailing platform at a time (promise 07)."""

from newsletters.connectors import PLATFORMS, checks, platform  # noqa: F401  # checks register themselves
from privacy.connectors import base
from webanizr.core.processors import declare

for module in PLATFORMS.values():
    declare(module.processor)
base.register("mailing", platform)
