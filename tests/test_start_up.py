"""A setting that would break a promise is no running service: every kind of process refuses to start with it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import override_settings

from webanizr.core.checks import certificates_have_a_key
from webanizr.local import provision, testing
from webanizr.local.place import ROOT

WEB = [sys.executable, "-c", "import webanizr.wsgi"]
WORKER = [sys.executable, "-m", "celery", "-A", "webanizr", "worker", "--concurrency=1", "--pool=solo"]
BEAT = [sys.executable, "-m", "celery", "-A", "webanizr", "beat", "-s", "{data}/schedule"]
PROCESSES = {
    "app": WEB,
    "hosting": WEB,
    "staff": WEB,
    "worker": WORKER,
    "exporter": WORKER,
    "eraser": WORKER,
    "beat": BEAT,
}


def start(process: str, **broken: str) -> subprocess.CompletedProcess[str]:
    service = "worker" if process == "beat" else process
    run = testing.current()
    env = run.environment(service) | broken
    command = [part.format(data=env["WEBANIZR_DATA"]) for part in PROCESSES[process]]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("process", PROCESSES)
def test_another_region_than_ireland_is_refused(process: str) -> None:
    """Promise 15."""
    ended = start(process, AWS_REGION="eu-central-1")
    assert ended.returncode != 0
    assert "webanizr.E001" in ended.stderr
    assert "AWS_REGION=eu-west-1" in ended.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("process", ["app", "worker", "beat"])
def test_a_login_that_passes_by_row_level_security_is_refused(process: str) -> None:
    """Promises 10 and 12. An administrator of a server that isn't ours alone may be bound by it, and then may start."""
    run = testing.current()
    url = provision.with_path(run.admin_url, run.database)
    with closing(psycopg2.connect(url)) as admin, admin.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() == (False,):
            return
    ended = start(process, DATABASE_URL=url)
    assert ended.returncode != 0
    assert "webanizr.E003" in ended.stderr


def test_a_guessable_key_is_refused() -> None:
    ended = start("app", SECRET_KEY="short")
    assert ended.returncode != 0
    assert "webanizr.E002" in ended.stderr


def test_sound_settings_start() -> None:
    ended = start("app")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "KMS_KEY", "WRAPPING_KEY_FILE", "KEY_BUCKET", "KEY_DIR"])
def test_the_hosting_service_with_a_key_is_refused(name: str) -> None:
    """Promises 10 and 13: it takes in what visitors send, and must have nothing to read it back with."""
    ended = start("hosting", **{name: "0123456789" * 5})
    assert ended.returncode != 0
    assert "webanizr.E004" in ended.stderr
    assert name in ended.stderr


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"WRAPPING_KEY_FILE": ""}, "webanizr.E005"),
        ({"KEY_BUCKET": "one", "S3_BUCKET": "one"}, "webanizr.E006"),
        ({"KMS_KEY": "arn:aws:kms:eu-central-1:1:key/2"}, "webanizr.E001"),
        ({"KMS_KEY": "arn:aws:kms:eu-west-1:1:key/mrk-2"}, "webanizr.E001"),
    ],
)
def test_keys_that_are_missing_or_in_the_wrong_place_are_refused(broken: dict[str, str], code: str) -> None:
    """Promises 15 and 16."""
    ended = start("worker", **broken)
    assert ended.returncode != 0
    assert code in ended.stderr


def test_what_the_hosting_service_knows_opens_nothing_elsewhere() -> None:
    key = "0123456789" * 5
    ended = start("app", SECRET_KEY=key, FRAME_KEY=key)
    assert ended.returncode != 0
    assert "webanizr.E004" in ended.stderr


def certificate_keys(folder: Path) -> dict[str, str]:
    """Return the paths of both halves of a key of Ed25519."""
    key = Ed25519PrivateKey.generate()
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    found = {}
    for name, content in (("private", private), ("public", public), ("neither", b"no key")):
        found[name] = str(folder / f"{name}.pem")
        Path(found[name]).write_bytes(content)
    return found


@pytest.mark.parametrize(
    ("service", "half", "starts"),
    [
        ("eraser", "private", True),
        ("eraser", "public", False),
        ("eraser", "", False),
        ("eraser", "neither", False),
        ("app", "public", True),
        ("app", "private", False),
        ("app", "", False),
    ],
)
def test_certificates_are_signed_by_a_key_of_their_own(service: str, half: str, starts: bool, tmp_path: Path) -> None:
    """Promise 8: none made from SECRET_KEY, which others know; and who only shows certificates can't sign them."""
    keys = certificate_keys(tmp_path)
    with override_settings(LOCAL=False, SERVICE=service, CERTIFICATE_KEY_FILE=keys.get(half, "")):
        assert [each.id for each in certificates_have_a_key(None)] == ([] if starts else ["webanizr.E008"])


def test_production_without_a_key_for_certificates_or_addresses_does_not_start() -> None:
    ended = start("eraser", WEBANIZR_LOCAL="0")
    assert ended.returncode != 0
    assert "webanizr.E008" in ended.stderr
    assert "webanizr.E009" in ended.stderr


@pytest.mark.parametrize("service", ["app", "staff", "worker", "exporter", "eraser"])
def test_one_machine_gives_every_service_the_same_key_for_addresses(service: str) -> None:
    environment = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][service]["environment"]
    assert environment["ADDRESS_KEY"] == "${ADDRESS_KEY:?}"
