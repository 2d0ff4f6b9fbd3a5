"""``manage.py evidence_pack --authority SLUG --date DATE --output FILE``: a pack by an operator."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from courses.evidence.making import write_pack_to
from hub.exports.forms import PURPOSES
from hub.exports.models import ExportRun
from hub.organisations.models import Organisation

#: Exit statuses; 0 says that the pack is there.
REFUSED, NOT_WRITTEN = 2, 3


class Command(BaseCommand):
    help = (
        "Writes the evidence pack of an authority; it is logged, and HR of the authority sees it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--authority", required=True, metavar="SLUG")
        parser.add_argument(
            "--date", required=True, metavar="DATE", help="2027-03-12 or 12.03.2027"
        )
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")
        parser.add_argument("--purpose", default="", help="What it is made for, for the log.")
        parser.add_argument(
            "--with-answers", action="store_true", help="With the right answers of the quizzes."
        )
        parser.add_argument("--force", action="store_true", help="Replace a file that is there.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file in one go: it is there as a whole or not at all."""
        organisation, day = _authority(options["authority"]), _day(options["date"])
        target: Path = options["output"]
        if target.exists() and not options["force"]:
            raise CommandError(
                _("%(file)s is there already. Choose another name, or add --force.")
                % {"file": target},
                returncode=REFUSED,
            )
        unfinished = target.with_name(f"{target.name}.part")
        try:
            with unfinished.open("w+b") as file:
                run = write_pack_to(
                    file,
                    organisation=organisation,
                    day=day,
                    purpose=options["purpose"] or str(PURPOSES[0]),
                    with_key=options["with_answers"],
                )
            os.replace(unfinished, target)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=REFUSED) from error
        except OSError as error:
            text = _("The file cannot be written: %(reason)s") % {"reason": error}
            raise CommandError(text, returncode=NOT_WRITTEN) from error
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        for line in _lines(run, target):
            self.stdout.write(line)


def _authority(slug: str) -> Organisation:
    organisation = Organisation.objects.filter(slug=slug).first()
    if organisation is None:
        known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(
            _("There is no authority “%(slug)s”. There are: %(known)s")
            % {"slug": slug, "known": known},
            returncode=REFUSED,
        )
    return organisation


def _day(text: str) -> date:
    parts = [part.zfill(2) for part in text.split(".")]
    with suppress(ValueError):
        return date.fromisoformat("-".join(reversed(parts)) if len(parts) == 3 else text)
    raise CommandError(
        _("“%(text)s” is no date. Write it as 2027-03-12 or 12.03.2027.") % {"text": text},
        returncode=REFUSED,
    )


def _lines(run: ExportRun, target: Path) -> list[str]:
    return [
        _("Written: %(file)s") % {"file": target},
        _("Completions: %(count)s") % {"count": run.row_count},
        _("Checksum of the manifest: %(sha256)s") % {"sha256": run.manifest_sha256},
        _("Checksum of the ZIP: %(sha256)s") % {"sha256": run.sha256},
        _("Number in the log: %(number)s") % {"number": run.uuid},
    ]
