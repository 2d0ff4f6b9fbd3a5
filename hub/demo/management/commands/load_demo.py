"""``manage.py load_demo``: fill an empty database with the demo hub."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.demo import accounts, loading, people
from hub.demo.content import CONTENT, ContentError

#: Documented, and the same in every demo hub.
PASSWORD = "kreis-coesfeld-lernt"  # noqa: S105


class Command(BaseCommand):
    help = "Loads the demo hub into an empty database and prints its accounts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password", default=PASSWORD, help="One password for all accounts.")
        parser.add_argument(
            "--today", type=date.fromisoformat, help="The day the states of learning end on."
        )
        parser.add_argument("--content", type=Path, default=CONTENT, help="Another content folder.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, or say that the hub is filled; both print the accounts."""
        folder, password = options["content"], options["password"]
        path = settings.VAR_DIR / "demo-accounts.json"
        if loading.is_empty():
            self._load(folder, password, options["today"] or timezone.localdate())
        elif loading.is_complete(folder):
            password = accounts.read_password(path) or password
            self.stdout.write("Der Demo-Hub ist schon geladen; es wurde nichts geändert.")
        else:
            raise CommandError(
                "Die Datenbank ist nicht leer, aber kein vollständiger Demo-Hub. "
                "Mit „make demo-reset“ beginnen Sie von vorn."
            )
        documented = people.read_accounts(folder)
        table = accounts.rows(documented, password)
        accounts.write(path, table)
        self.stdout.write("\n" + accounts.as_text(documented, table))
        self.stdout.write(f"\nDie Konten stehen auch in {path}.")

    def _load(self, folder: Path, password: str, today: date) -> None:
        began = monotonic()
        loader = loading.Loader(folder, password, today, self._report)
        try:
            loader.load()
        except ContentError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Geladen in {monotonic() - began:.0f} Sekunden.")

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
