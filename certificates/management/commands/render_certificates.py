"""``manage.py render_certificates``: make the PDFs that are not there yet."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from certificates.batch import Progress, render_pending
from certificates.models import Certificate

#: Exit status; 0 says that every certificate has its PDF.
FAILED = 3


class Command(BaseCommand):
    help = (
        "Makes the PDF of every certificate that has none, over all processors, and tries again "
        "where it could not be made before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--processes", type=int, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        shown = 0

        def show(progress: Progress) -> None:
            nonlocal shown
            done = progress.made + progress.failed
            if done == progress.total or done - shown >= 100:
                shown = done
                self.stdout.write(f"{done} / {progress.total}")

        progress = render_pending(
            Certificate.objects.all(), processes=options["processes"], on_progress=show
        )
        if progress.failed:
            self.stderr.write(
                _("%(count)s certificates have no PDF; the log and the administration say why.")
                % {"count": progress.failed}
            )
            raise SystemExit(FAILED)
