"""`manage.py up` on a machine of its own: it says when it is ready, leaves nothing behind and survives being killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml

from tests.local.running import Stack
from webanizr.core import roles
from webanizr.local import lint, testing
from webanizr.local.place import ROOT, Place, Problem
from webanizr.local.process import marked

# One after the other, with the other tests that run the whole product.
pytestmark = pytest.mark.xdist_group("stack")

SERVERS = {"postgres", "valkey", "s3", "mailing", "statistics"}
SERVICES = {"app", "hosting", "staff", "worker", "billing", "exporter", "eraser", "beat"}


@pytest.fixture
def fresh() -> Iterator[Stack]:
    """A product that has never run, with embedded servers whatever the environment names."""
    data = testing.current().base / f"fresh-{time.monotonic_ns()}"
    data.mkdir()
    product = Stack(data)
    yield product
    if product.process is not None and product.process.poll() is None:
        product.stop()
    testing.forget(data)


def gone(data: Path, patience: float = 15) -> bool:
    """Return whether every process of the data directory has ended."""
    deadline = time.monotonic() + patience
    while marked(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def refused(product: Stack) -> str:
    """Start the product where it can't start; return the one line that says why."""
    before = len(product.text()) if product.output.exists() else 0
    product.spawn()
    assert product.process is not None
    assert product.process.wait(30) == 1
    lines = [line for line in product.text()[before:].splitlines() if not line.endswith("stopping …")]
    assert len(lines) == 1, lines
    assert lines[0].startswith("webanizr: ")
    return lines[0]


def remember(product: Stack, words: str) -> None:
    """Commit something as the migrator."""
    with closing(product.connect("migrator")) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS remembered (words text)")
        cursor.execute("INSERT INTO remembered VALUES (%s)", [words])


def remembered(product: Stack) -> list[str]:
    """Return what was committed."""
    with closing(product.connect("migrator")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT words FROM remembered ORDER BY words")
        return [row[0] for row in cursor.fetchall()]


def test_up_runs_the_product_tells_where_and_stops_without_a_trace(fresh: Stack) -> None:
    assert fresh.start() < 60
    run = fresh.run
    assert stat.S_IMODE((fresh.data / "run.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((fresh.data / "secrets.json").stat().st_mode) == 0o600
    assert (run["app"], run["hosting"], run["staff"]) == (fresh.app, fresh.hosting, fresh.staff)
    assert set(run["pids"]) == {"supervisor"} | SERVERS | SERVICES
    assert all(Path("/proc", str(pid)).exists() for pid in run["pids"].values())
    assert set(run["database"]) == {*roles.SERVICES, "migrator"}
    assert set(run) >= {"redis", "s3", "fakes", "site", "mail"}
    for port in fresh.ports:
        assert fresh.get(port, "/healthz/ready")[0] == 200
    for service, url in run["database"].items():
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT session_user::text")
            assert cursor.fetchone() == (roles.login(service),)
    assert "password" not in fresh.text().lower()

    # each service knows its own login only
    for service in ("app", "hosting", "staff", "worker", "exporter", "eraser"):
        environment = Path("/proc", str(run["pids"][service]), "environ").read_bytes().decode().split("\0")
        logins = {line for line in environment if "webanizr_" in line and "postgresql://" in line}
        assert logins == {f"DATABASE_URL={run['database'][service]}"}

    assert fresh.stop(signal.SIGINT) == 0
    assert marked(fresh.data) == []
    assert not any(Path("/proc", str(pid)).exists() for pid in run["pids"].values())
    assert not (fresh.data / "run.json").exists()
    assert fresh.text().count(f"ready {fresh.app}\n") == 1


def test_it_recovers_from_every_kill_without_loss(fresh: Stack) -> None:
    fresh.start()
    remember(fresh, "one")

    # a single service: started again, and said
    os.kill(fresh.run["pids"]["hosting"], signal.SIGKILL)
    os.kill(fresh.run["pids"]["valkey"], signal.SIGKILL)
    time.sleep(0.5)
    fresh.wait_ready()
    assert "hosting ended (SIGKILL); starting it again" in fresh.text()
    assert "valkey ended (SIGKILL); starting it again" in fresh.text()

    # the supervisor: nothing outlives it, and the next start has everything
    secrets = (fresh.data / "secrets.json").read_text()
    fresh.stop(signal.SIGKILL)
    fresh.start()
    remember(fresh, "two")
    assert (fresh.data / "secrets.json").read_text() == secrets

    # everything at once, and a new start at once
    for pid in fresh.run["pids"].values():
        os.kill(pid, signal.SIGKILL)
    assert fresh.process is not None
    fresh.process.wait(10)
    fresh.start()
    assert remembered(fresh) == ["one", "two"]

    # a second `up` on the same directory, and one on the same ports
    again = Stack(fresh.data, env={"PORT_APP": "1", "PORT_HOSTING": "2", "PORT_STAFF": "3"})
    again.output = fresh.data / "again.txt"
    line = refused(again)
    assert "already uses" in line
    assert fresh.app in line
    elsewhere = Stack(fresh.data.with_name(fresh.data.name + "-elsewhere"), env={"PORT_APP": str(fresh.ports[0])})
    assert f"Port {fresh.ports[0]} is in use" in refused(elsewhere)
    assert "PORT_APP" in elsewhere.text()
    testing.forget(elsewhere.data)
    fresh.wait_ready()

    assert fresh.stop() == 0
    assert gone(fresh.data)


def test_a_data_directory_of_another_version_is_left_alone(fresh: Stack) -> None:
    cluster = fresh.data / "postgres"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("9\n")
    line = refused(fresh)
    assert "PostgreSQL 9 " in line
    assert "Nothing was changed" in line
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]
    assert gone(fresh.data)


def test_a_directory_that_cant_be_written_is_said_in_one_line(fresh: Stack, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    fresh.env["WEBANIZR_DATA"] = str(tmp_path / "file" / "var")
    assert "can't be written" in refused(fresh)


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(tmp_path)
    full = os.statvfs_result((*real[:3], 10, 10, *real[5:]))
    monkeypatch.setattr(os, "statvfs", lambda path: full)
    with pytest.raises(Problem, match="0 MB of free disk space"):
        Place(tmp_path / "var").make()
    assert not any((tmp_path / "var").iterdir())


@pytest.mark.parametrize(
    ("name", "value"), [("REDIS_URL", "redis://127.0.0.1:1/0"), ("AWS_S3_ENDPOINT_URL", "http://127.0.0.1:1")]
)
def test_a_server_that_the_environment_names_and_that_is_away_is_said_in_one_line(
    fresh: Stack, name: str, value: str
) -> None:
    fresh.env[name] = value
    assert f"{name} doesn't work" in refused(fresh)


def test_ports_that_are_none_are_refused(fresh: Stack) -> None:
    fresh.env["PORT_STAFF"] = fresh.env["PORT_APP"]
    assert "three different ports" in refused(fresh)
    fresh.env["PORT_STAFF"] = "99999"
    assert "PORT_STAFF=99999" in refused(fresh)


def test_tests_reach_this_machine_only() -> None:
    with pytest.raises(testing.NetworkUsed), socket.socket() as sock:
        sock.connect(("192.0.2.1", 80))
    with pytest.raises(testing.NetworkUsed):
        socket.getaddrinfo("example.com", 80)
    assert socket.getaddrinfo("localhost", 80)


def test_lock_files_have_hashes_and_name_no_host() -> None:
    assert lint.locks() == ""


def compose() -> dict[str, Any]:
    """Return docker-compose.yml, parsed."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def test_compose_describes_the_same_services_with_their_own_logins() -> None:
    services = compose()["services"]
    assert services.keys() == SERVICES | {"database", "valkey", "files", "caddy", "provision", "migrate"}
    for name in SERVICES | {"migrate"}:
        environment = services[name]["environment"]
        login = {"beat": "worker", "billing": "worker", "migrate": "migrator"}.get(name, name)
        assert environment["WEBANIZR_SERVICE"] == login
        assert environment["DATABASE_URL"].startswith(f"postgresql://webanizr_{login}:")
        assert environment["DATABASE_URL"].endswith("@database:5432/webanizr")
        others = [other for other in (*roles.SERVICES, "migrator") if other != login]
        assert not any(f"webanizr_{other}" in str(services[name]) for other in others)
        assert "WEBANIZR_LOCAL" not in environment
    for name in SERVICES:
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    published = {name for name, service in services.items() if service.get("ports")}
    assert published == {"caddy"}


def test_every_value_that_compose_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    example = (ROOT / "infra" / "docker" / "env.example").read_text()
    assert asked == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    caddy = (ROOT / "infra" / "docker" / "Caddyfile").read_text()
    assert set(re.findall(r"\{\$(\w+)\}", caddy)) <= set(compose()["services"]["caddy"]["environment"])


def test_the_image_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "infra" / "docker" / "Dockerfile").read_text().splitlines()
    assert any(line.startswith("USER ") and line != "USER root" for line in lines)
    assert any("--require-hashes" in line for line in lines)
