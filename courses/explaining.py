"""„Warum bin ich (noch nicht) fertig?“: the answer in plain sentences, from values alone.

The person and HR get the same sentences. They tell what HR may know: whether and when a course was
completed, until when that holds, and what the course asks of everybody. What is still missing is
progress inside the course, which is nobody's business but the person's (domain 2.3): only she is
told, by the list below the sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import rules
from .enums import CompletionSource, DecisionCause

#: What a person did herself, or what was put right for her: nothing that somebody credited.
OWN_SOURCES = {CompletionSource.LEARNER, CompletionSource.CORRECTION}


def why_open(asked: rules.Asked | None) -> list[str]:
    """Why a course counts as not completed; ``None`` if it is not public at the moment."""
    if asked is None:
        return [
            _("The course is not completed."),
            _("It is not public at the moment, so nobody can complete it."),
        ]
    return [
        _("The course is not completed yet: at least one part that it asks for is still missing."),
        asks_for(asked),
    ]


def asks_for(asked: rules.Asked) -> str:
    """What completes a course, in a sentence."""
    if not asked.electives_needed:
        return ngettext(
            "The course is completed when its required part is done.",
            "The course is completed when all %(count)d required parts are done.",
            len(asked.required),
        ) % {"count": len(asked.required)}
    values = {
        "count": len(asked.required),
        "chosen": asked.electives_needed,
        "offered": len(asked.electives),
    }
    if not asked.required:
        return (
            _(
                "The course is completed when %(chosen)d of its %(offered)d parts to choose from "
                "are done."
            )
            % values
        )
    return (
        ngettext(
            "The course is completed when its required part and %(chosen)d of %(offered)d parts to "
            "choose from are done.",
            "The course is completed when all %(count)d required parts and %(chosen)d of "
            "%(offered)d parts to choose from are done.",
            len(asked.required),
        )
        % values
    )


def why_completed(
    *,
    rule_version: int,
    cause: str,
    inputs: Mapping[str, Any],
    day: date,
    expires_on: date | None,
    today: date,
) -> list[str]:
    """Why a course counts as completed: by the kept decision, whatever became of it since."""
    kept = rules.Inputs.from_json(inputs)
    sentences = [_("The course was completed on %(day)s.") % {"day": _in_words(day)}]
    if rule_version == 0:
        sentences.append(_("What it asked for on that day was not recorded at that time."))
    else:
        if cause == DecisionCause.COURSE:
            sentences.append(_("It asks for less than before, and nothing was missing any more."))
        sentences.append(_had_asked_for(kept.asked))
    sentences += _credited(kept)
    sentences.append(_validity(expires_on, today))
    sentences.append(_("Later changes of the course take nothing away from this."))
    return sentences


def _had_asked_for(asked: rules.Asked) -> str:
    done = ngettext(
        "The %(count)d part that was needed on that day is done.",
        "All %(count)d parts that were needed on that day are done.",
        len(asked.required) + asked.electives_needed,
    ) % {"count": len(asked.required) + asked.electives_needed}
    if not asked.electives_needed:
        return done
    chosen = ngettext(
        "%(chosen)d of them could be chosen from %(offered)d.",
        "%(chosen)d of them could be chosen from %(offered)d.",
        asked.electives_needed,
    ) % {"chosen": asked.electives_needed, "offered": len(asked.electives)}
    return f"{done} {chosen}"


def _credited(kept: rules.Inputs) -> list[str]:
    """What of it somebody else recorded; it is marked as such."""
    sources = {source for _version, source in kept.completed.values()}
    return [
        _("A part of it was credited: %(source)s.") % {"source": CompletionSource(source).label}
        for source in sorted(sources - OWN_SOURCES)
    ]


def _validity(expires_on: date | None, today: date) -> str:
    if expires_on is None:
        return _("It is valid without an end.")
    if expires_on < today:
        return _("It was valid until %(day)s.") % {"day": _in_words(expires_on)}
    return _("It is valid until %(day)s.") % {"day": _in_words(expires_on)}


def _in_words(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
