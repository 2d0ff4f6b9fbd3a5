"""Changes of state: each atomic, logged, safe to repeat, announced after commit."""

from .attempting import (
    HandedIn,
    attempt_ends_at,
    check_answer,
    flag_question,
    hand_in,
    is_time_up,
    next_attempt,
    save_answers,
    see_result,
    start_attempt,
    submit_attempt,
    write_grade,
)
from .completing import complete_activity, settle, visit_activity
from .enrolling import current_enrolment, enrol, enrol_as_required, go_along
from .refreshing import adapt_refreshers, open_due_refreshers

__all__ = [
    "HandedIn",
    "adapt_refreshers",
    "attempt_ends_at",
    "check_answer",
    "complete_activity",
    "current_enrolment",
    "enrol",
    "enrol_as_required",
    "flag_question",
    "go_along",
    "hand_in",
    "is_time_up",
    "next_attempt",
    "open_due_refreshers",
    "save_answers",
    "see_result",
    "settle",
    "start_attempt",
    "submit_attempt",
    "visit_activity",
    "write_grade",
]
