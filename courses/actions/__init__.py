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
from .completing import (
    ActivityLocked,
    complete_activity,
    require_unlocked,
    settle,
    visit_activity,
)
from .enrolling import current_enrolment, enrol, enrol_as_required, go_along
from .rebuilding import Difference, rebuild_progress

__all__ = [
    "ActivityLocked",
    "Difference",
    "HandedIn",
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
    "rebuild_progress",
    "require_unlocked",
    "save_answers",
    "see_result",
    "settle",
    "start_attempt",
    "submit_attempt",
    "visit_activity",
    "write_grade",
]
