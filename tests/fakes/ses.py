"""Amazon SES v2 SendEmail, and the SNS notifications that follow a mail."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import time
import uuid
from email.message import EmailMessage
from typing import Any

from tests.fakes.parts import Reply, Request
from tests.fakes.server import Fake, route

TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail-events"
SECRET = "webanizr:fake-mail-secret"


class Ses(Fake):
    """Takes mails and keeps them."""

    name, base, requests_per_second = "ses", "", 14.0

    @route("POST", "/v2/email/outbound-emails")
    def send(self, request: Request) -> Reply:
        content = request.json()
        raw = base64.b64decode(content["Content"]["Raw"]["Data"])
        number = f"0102{self.store.number('mail'):012d}"
        destination = content.get("Destination", {}).get("ToAddresses", [])
        self.store.put(
            "mails", number, {"raw": raw.decode(), "to": destination, "set": content.get("ConfigurationSetName")}
        )
        return Reply(200, {"MessageId": number})

    @route("GET", "/v2/email/account")
    def account(self, request: Request) -> Reply:
        return Reply(200, {"SendingEnabled": True, "ProductionAccessEnabled": True})

    @route("GET", "/v2/email/suppression/addresses/{email}")
    def suppressed(self, request: Request) -> Reply:
        found = self.store.table("suppressed").get(request.args["email"])
        return self.missing() if found is None else Reply(200, {"SuppressedDestination": found})

    @route("DELETE", "/v2/email/suppression/addresses/{email}")
    def release(self, request: Request) -> Reply:
        return Reply(200, {}) if self.store.drop("suppressed", request.args["email"]) else self.missing()

    def missing(self) -> Reply:
        return Reply(404, {"message": "not found"}, {"x-amzn-errortype": "NotFoundException"})

    def suppress(self, email: str) -> None:
        """Let SES put an address on its list after a bounce, as it does by itself."""
        entry = {"EmailAddress": email, "Reason": "BOUNCE", "LastUpdateTime": 1764072000.0}
        self.store.put("suppressed", email, entry)

    def message(self, number: str) -> EmailMessage:
        found = email.message_from_string(self.store.table("mails")[number]["raw"], policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def notification(self, number: str, kind: str, address: str, **details: Any) -> tuple[dict[str, str], bytes]:
        """Return the headers and body of what SNS posts when `kind` happened to a mail."""
        headers = [{"name": name, "value": str(value)} for name, value in self.message(number).items()]
        mail = {
            "messageId": number,
            "destination": [address],
            "headers": headers,
            "timestamp": "2026-11-25T12:00:00.000Z",
        }
        who = [{"emailAddress": address}]
        known: dict[str, dict[str, Any]] = {
            "Bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": who},
            "Complaint": {"complainedRecipients": who, "complaintFeedbackType": "abuse"},
            "Delivery": {"recipients": [address], "smtpResponse": "250 ok"},
            "Open": {"userAgent": "x"},
        }
        about = known[kind] | details
        event_id = str(uuid.uuid4())
        body = {
            "Type": "Notification",
            "MessageId": event_id,
            "TopicArn": TOPIC,
            "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "Message": json.dumps({"eventType": kind, "mail": mail, kind.lower(): about}),
        }
        own = {
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-message-id": event_id,
            "Authorization": "Basic " + base64.b64encode(SECRET.encode()).decode(),
            "Content-Type": "text/plain; charset=UTF-8",
        }
        return own, json.dumps(body).encode()
