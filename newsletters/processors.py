"""The processors of this application: one mailing platform at a time (promise 07)."""

from newsletters.connectors import PLATFORMS, platform
from privacy.connectors import base
from webanizr.core.processors import declare

for module in PLATFORMS.values():
    declare(module.processor)
base.register("mailing", platform)
