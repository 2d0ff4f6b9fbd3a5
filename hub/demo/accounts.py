"""The table of the documented accounts: on the screen and in ``var/demo-accounts.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.organisations.models import Organisation

from .people import ROLES, Account

LABELS = {
    "employee": "Beschäftigte",
    "hr": "Personal",
    "council": "Personalrat",
    "editor": "Redaktion",
    "reviewer": "Freigabe",
    "administrator": "Administration",
}


@dataclass(frozen=True)
class Row:
    role: str
    authority: str
    username: str
    password: str


def rows(accounts: Iterable[Account], password: str) -> list[Row]:
    """The accounts in the order of the roles."""
    authorities = dict(Organisation.objects.values_list("slug", "name"))
    ordered = sorted(accounts, key=lambda account: ROLES.index(account.role))
    return [
        Row(account.role, authorities[account.authority], account.username, password)
        for account in ordered
    ]


def write(path: Path, table: Iterable[Row]) -> None:
    """Write the accounts as JSON for scripts and tests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps([asdict(row) for row in table], ensure_ascii=False, indent=2) + "\n",
        encoding="utf-8",
    )


def read_password(path: Path) -> str | None:
    """The password the accounts were made with, if the file is still there."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return str(stored[0]["password"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def as_text(accounts: Iterable[Account], table: Iterable[Row]) -> str:
    """The accounts as a table for a terminal."""
    notes = {account.username: account.note for account in accounts}
    lines = [("Rolle", "Behörde", "Benutzername", "Passwort", "")]
    lines += [
        (LABELS[row.role], row.authority, row.username, row.password, notes[row.username])
        for row in table
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    rules = ["-" * width for width in widths]
    lines.insert(1, (rules[0], rules[1], rules[2], rules[3], ""))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
