"""Making an evidence pack: the log first, then the file."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from tempfile import TemporaryFile
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.exports import actions as exports
from hub.exports.exporters import other_hand_overs
from hub.exports.models import ExportRun
from hub.organisations.models import Organisation, User

from .archive import write_pack
from .contract import Pack
from .people import completed_by

#: Its key in the log of hand-overs: never rename.
IDENTIFIER = "nachweispaket"
#: How an operator makes one; stands in the manifest.
COMMAND = "manage.py evidence_pack"

other_hand_overs[IDENTIFIER] = gettext_lazy("Evidence pack")


def make_pack(
    *, organisation: Organisation, day: date, purpose: str, user: User, with_key: bool = False
) -> ExportRun:
    """Make the pack of an authority for a day, log it, and keep the file to be fetched.

    Every call makes a pack of its own. What breaks off leaves a run without an end in the log.
    Raises ``ValidationError`` for a day that is still to come.
    """
    pack = _pack(organisation, day, with_key)
    run = _log(pack, purpose=purpose, user=user)
    with TemporaryFile() as file:
        _write(run, pack, file, by=user.get_full_name() or user.username)
        file.seek(0)
        exports.keep(run=run, file=File(file))
    return run


def write_pack_to(
    file: IO[bytes], *, organisation: Organisation, day: date, purpose: str, with_key: bool = False
) -> ExportRun:
    """The same into a file of the operator's; the hub keeps nothing but the log."""
    pack = _pack(organisation, day, with_key)
    run = _log(pack, purpose=purpose, user=None)
    _write(run, pack, file, by=COMMAND)
    return run


def _pack(organisation: Organisation, day: date, with_key: bool) -> Pack:
    if day > timezone.localdate():
        raise ValidationError(
            _("This day is still to come. Please choose today or an earlier day.")
        )
    if day.year < 2000:  # databases have an end somewhere before the year 1
        raise ValidationError(_("Please enter a day of this century."))
    return Pack(organisation, day, with_key)


def _log(pack: Pack, *, purpose: str, user: User | None) -> ExportRun:
    day = date_format(pack.day, "SHORT_DATE_FORMAT")
    words = [(_("Reporting day"), day)]
    if pack.with_key:
        words.append((_("Right answers of the quizzes"), _("included")))
    return exports.log_hand_over(
        identifier=IDENTIFIER,
        user=user,
        organisation=pack.organisation,
        purpose=purpose,
        file_format="zip",
        filters={"date": [pack.day.isoformat()]},
        filter_words=words,
    )


def _write(run: ExportRun, pack: Pack, file: IO[bytes], *, by: str) -> None:
    made = {
        "at": timezone.localtime(run.created_at).isoformat(timespec="seconds"),
        "by": by,
        "purpose": run.purpose,
        "number": str(run.uuid),
        "hub_version": hub_version(),
    }
    written = write_pack(file, pack, made)
    exports.finish(
        run=run,
        row_count=completed_by(pack).count(),
        sha256=written.sha256,
        manifest_sha256=written.manifest_sha256,
    )


@cache
def hub_version() -> str:
    """The version of the hub, as ``pyproject.toml`` has it."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return str(project["version"])
