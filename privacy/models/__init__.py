"""The tables of this application: consent and the log of access, the privacy statement and its proof."""

from privacy.models.agreement import AgreementAcceptance, ProcessorChange
from privacy.models.consent import (
    AccessGrant,
    AccessRequest,
    AccessSession,
    Action,
    ConsentSetting,
    RequestState,
    Source,
)
from privacy.models.erasure import ErasureEvent, ErasureRequest, ErasureSecret, ErasureStep, LedgerPosition
from privacy.models.log import AccessLog, Event
from privacy.models.proof import Evidence
from privacy.models.statement import StatementVersion
from privacy.models.support import SupportMessage, SupportQuestion

__all__ = [
    "AccessGrant",
    "AccessLog",
    "AccessRequest",
    "AccessSession",
    "Action",
    "AgreementAcceptance",
    "ConsentSetting",
    "ErasureEvent",
    "ErasureRequest",
    "ErasureSecret",
    "ErasureStep",
    "Event",
    "Evidence",
    "LedgerPosition",
    "ProcessorChange",
    "RequestState",
    "Source",
    "StatementVersion",
    "SupportMessage",
    "SupportQuestion",
]
