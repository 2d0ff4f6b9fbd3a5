"""Making the file a person gets: drawn, checked, signed. It knows no database.

So it runs in any process, and many of them at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

from .designs import designs
from .payload import Payload
from .rendering import RenderedPDF, render
from .signing import is_configured, signed

logger = logging.getLogger(__name__)

#: PDF/A-3a and PDF/UA-1, as page-validation calls them.
PROFILES = ("3a", "ua1")


@dataclass(frozen=True)
class MadePDF:
    """A file to keep, or none; ``problem`` is for the operators, and empty when all is well.

    With a file it tells which characters no typeface has; without one, why there is none.
    """

    content: bytes
    problem: str = ""


def make_pdf(data: dict[str, Any], design: str) -> MadePDF:
    """The PDF of a frozen payload. It never raises: a certificate has its page in any case."""
    try:
        drawn = render(Payload.from_json(data), designs.get(design)(), is_signed=is_configured())
        problem = _problem_of(drawn)
        content = b"" if problem else signed(drawn.content)
    # Whatever a design, a payload, a library or a key does must not take the certificate away.
    except Exception as error:
        logger.exception("The PDF of %s cannot be made.", data.get("number"))
        return MadePDF(b"", f"{type(error).__name__}: {error}")
    if not problem and drawn.missing:
        problem = f"No typeface has: {' '.join(drawn.missing)}"
        return MadePDF(content, problem)
    return MadePDF(content, problem)


def _problem_of(drawn: RenderedPDF) -> str:
    """What the validators find.

    They take as long as half the drawing, and what they find follows from the design, the
    parts of the document, its emblem and its typeface: one of a kind speaks for all of that kind
    in this process. Letters only the complete typeface has are checked each time.
    """
    if drawn.shape in _proven():
        return ""
    import page

    found = [
        f"{profile} {failure.rule_id}: {failure.message}"
        for profile in PROFILES
        for failure in page.validate_pdf_bytes(drawn.content, profile=profile).failures
    ]
    if not found and drawn.has_common_letters:
        if len(_proven()) >= MOST_SHAPES:
            _proven().clear()
        _proven().add(drawn.shape)
    return "\n".join(found)


MOST_SHAPES = 10_000


@cache
def _proven() -> set[str]:
    """The shapes that were found to conform in this process."""
    return set()
