"""Promise 15: everything is in Ireland: in the code, at start-up, in the buckets' policies and above the accounts.

The policies are read and asked as Amazon asks them: whether a request by an administrator is refused.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from webanizr.core.storage import clients
from webanizr.local import testing
from webanizr.local.place import ROOT

IRELAND = "eu-west-1"
TEMPLATES = sorted((ROOT / "infra" / "aws").glob("*.yaml"))
Resources = dict[str, dict[str, Any]]


def resources(name: str) -> Resources:
    found: Resources = yaml.safe_load((ROOT / "infra" / "aws" / name).read_text())["Resources"]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def refused(policy: dict[str, Any], action: str, **context: str) -> bool:
    """Return whether a Deny of the policy covers the request. Args: context: e.g. `aws:RequestedRegion`."""
    for statement in policy["Statement"]:
        if statement["Effect"] != "Deny":
            continue
        named = [fnmatchcase(action, pattern) for pattern in listed(statement.get("Action", []))]
        others = [fnmatchcase(action, pattern) for pattern in listed(statement.get("NotAction", []))]
        if not (any(named) if "Action" in statement else not any(others)):
            continue
        if all(holds(operator, wanted, context) for operator, wanted in statement.get("Condition", {}).items()):
            return True
    return False


def holds(operator: str, wanted: dict[str, str], context: dict[str, str]) -> bool:
    if operator == "StringNotEquals":
        return all(context.get(key) != value for key, value in wanted.items())
    assert operator == "Bool", f"{operator} isn't known here"
    return all(context.get(key, "false") == value for key, value in wanted.items())


def asked(action: str, region: str = IRELAND, **more: str) -> dict[str, Any]:
    return {"action": action, "aws:RequestedRegion": region, "aws:SecureTransport": "true", **more}


def above() -> dict[str, Any]:
    """Return the policy above all accounts."""
    [policy] = [each["Properties"] for each in resources("organization.yaml").values()]
    assert policy["Type"] == "SERVICE_CONTROL_POLICY"
    content: dict[str, Any] = policy["Content"]
    return content


@pytest.mark.parametrize("region", ["eu-west-2", "eu-central-1", "us-east-1"])
@pytest.mark.parametrize(
    "action",
    ["s3:PutObject", "rds:CreateDBInstance", "kms:CreateKey", "ses:SendEmail", "elasticache:CreateCacheCluster"],
)
def test_nobody_in_our_accounts_can_use_another_region(action: str, region: str) -> None:
    assert refused(above(), **asked(action, region))
    assert not refused(above(), **asked(action)), "in Ireland the product works"


@pytest.mark.parametrize(
    "action",
    [
        "cloudfront:CreateDistribution",
        "s3:PutReplicationConfiguration",
        "s3:PutAccelerateConfiguration",
        "kms:ReplicateKey",
        "rds:StartDBInstanceAutomatedBackupsReplication",
        "backup:StartCopyJob",
        "secretsmanager:ReplicateSecretToRegions",
        "account:EnableRegion",
        "organizations:LeaveOrganization",
    ],
)
def test_nothing_that_is_asked_in_ireland_makes_a_copy_elsewhere(action: str) -> None:
    assert refused(above(), **asked(action))


def test_no_key_has_copies_elsewhere() -> None:
    assert refused(above(), **asked("kms:CreateKey", **{"kms:MultiRegion": "true"}))
    assert not refused(above(), **asked("kms:CreateKey", **{"kms:MultiRegion": "false"}))


def buckets() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield (name, properties, policy) of every bucket in infra/."""
    for path in TEMPLATES:
        made = resources(path.name)
        policies = {
            each["Properties"]["Bucket"]["Ref"]: each["Properties"]["PolicyDocument"]
            for each in made.values()
            if each["Type"] == "AWS::S3::BucketPolicy"
        }
        for name, each in made.items():
            if each["Type"] == "AWS::S3::Bucket":
                yield name, each["Properties"], policies[name]


def test_every_bucket_answers_in_ireland_alone_over_tls_and_copies_itself_nowhere() -> None:
    found = list(buckets())
    assert {name for name, _properties, _policy in found} == {"Files", "Keys", "Ledger"}
    for name, properties, policy in found:
        assert refused(policy, **asked("s3:GetObject", "us-east-1")), name
        assert refused(policy, **asked("s3:GetObject", **{"aws:SecureTransport": "false"})), name
        assert refused(policy, **asked("s3:PutReplicationConfiguration")), name
        assert not refused(policy, **asked("s3:GetObject")), name
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert not {"ReplicationConfiguration", "AccelerateConfiguration", "WebsiteConfiguration"} & set(properties)
        assert "BucketEncryption" in properties
    keys = next(properties for name, properties, _policy in found if name == "Keys")
    assert "VersioningConfiguration" not in keys, "a key that is deleted is gone"
    services = next(each for each in resources("files.yaml")["KeysPolicy"]["Properties"]["PolicyDocument"]["Statement"]
                    if each["Sid"] == "Services")  # fmt: skip
    assert {"Ref": "HostingRole"} not in services["Principal"]["AWS"], "who takes messages in can open none"


def test_no_template_can_be_used_elsewhere_or_names_another_region() -> None:
    assert len(TEMPLATES) >= 3
    for path in TEMPLATES:
        text = path.read_text()
        [rule] = yaml.safe_load(text)["Rules"]["IrelandOnly"]["Assertions"]
        assert rule["Assert"] == {"Fn::Equals": [{"Ref": "AWS::Region"}, IRELAND]}
        assert set(re.findall(r"\b[a-z]{2}(?:-gov)?-(?:north|south|east|west|central)[a-z]*-\d\b", text)) == {IRELAND}
        assert not re.search(r"Type: AWS::(CloudFront|GlobalAccelerator|DynamoDB::GlobalTable|KMS::ReplicaKey)", text)


@pytest.mark.parametrize(
    "broken",
    [
        {"AWS_REGION": "eu-central-1"},
        {"AWS_S3_ENDPOINT_URL": "https://s3.us-east-1.amazonaws.com"},
        {"AWS_S3_ENDPOINT_URL": "https://s3.amazonaws.com"},
        {"AWS_KMS_ENDPOINT_URL": "https://kms.eu-central-1.api.aws"},
        {"AWS_S3_ENDPOINT_URL": "https://d111111abcdef8.cloudfront.net"},
    ],
)
def test_a_service_that_would_go_elsewhere_does_not_start(broken: dict[str, str]) -> None:
    environment = testing.current().environment("worker") | broken
    command = [sys.executable, "-m", "django", "check", "--tag", "security"]
    environment["DJANGO_SETTINGS_MODULE"] = "webanizr.settings"
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "webanizr.E001" in ended.stderr


def test_every_client_of_amazon_is_made_in_ireland() -> None:
    for make in (clients.s3, clients.kms, clients.ses):
        made: Any = make()
        assert made.meta.region_name == IRELAND
    code = (ROOT / "webanizr" / "core" / "storage" / "clients.py").read_text()
    assert code.count("boto3.client(") == code.count("region_name=REGION") == 3
