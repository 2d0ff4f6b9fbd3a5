"""``python -m tests.benchmarks``: fill a fresh database, measure, show and keep the figures.

``PEOPLE`` says how many people there are (5000). ``BENCH_DATABASE_URL`` names another database
server than SQLite; a database of its own is created there and removed again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

LEAST_PEOPLE = 200  # fewer leave too few people in each state of learning


def main() -> int:
    """Prepare the environment before Django reads it, then measure."""
    people = int(os.environ.get("PEOPLE") or 5000)
    if people < LEAST_PEOPLE:
        print(f"PEOPLE must be at least {LEAST_PEOPLE}.", file=sys.stderr)
        return 2
    with TemporaryDirectory(prefix="ki-hub-bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "hub.settings.test",
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL")
            or f"sqlite:///{folder}/hub.sqlite3",
            "TEST_DB": str(Path(folder) / "bench.sqlite3"),
            "MEDIA_ROOT": str(Path(folder) / "media"),
            "PRIVATE_ROOT": str(Path(folder) / "private"),
        }
        import django

        django.setup()
        from .run import measure_everything

        measure_everything(people)
    return 0


if __name__ == "__main__":
    sys.exit(main())
