import uuid
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import rules
from courses.enums import EnrolmentStatus, RequirementKind

A, B, C = (uuid.uuid5(uuid.NAMESPACE_URL, letter) for letter in "abc")
KEYS = st.lists(st.sampled_from([A, B, C]), unique=True)


def test_progress_names_what_is_missing_in_course_order():
    progress = rules.progress([A, B, C], {B})
    assert (progress.done, progress.required, progress.missing) == (1, 3, (A, C))
    assert progress.percent == 33
    assert not progress.is_complete


def test_a_course_without_required_activities_is_never_complete():
    assert not rules.progress([], {A}).is_complete
    assert rules.progress([], {A}).percent == 0


@given(required=KEYS, completed=st.sets(st.sampled_from([A, B, C])))
def test_progress_stays_within_its_bounds(required, completed):
    progress = rules.progress(required, completed)
    assert 0 <= progress.percent <= 100
    assert progress.done + len(progress.missing) == progress.required
    assert (progress.percent == 100) == progress.is_complete


@pytest.mark.parametrize(
    ("current", "required", "completed", "begun", "expected"),
    [
        ("enrolled", [A], set(), False, EnrolmentStatus.ENROLLED),
        ("enrolled", [A, B], {A}, True, EnrolmentStatus.IN_PROGRESS),
        ("in_progress", [A], {A}, True, EnrolmentStatus.COMPLETED),
        # The course grew after the person completed it: nobody loses anything.
        ("completed", [A, B], {A}, True, EnrolmentStatus.COMPLETED),
    ],
)
def test_status(current, required, completed, begun, expected):
    reached = rules.progress(required, completed)
    assert rules.status(current, reached, has_begun=begun) == expected


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 24), 24, date(2028, 11, 24)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 1), 0, date(2026, 3, 1)),
    ],
)
def test_add_months(day, months, expected):
    assert rules.add_months(day, months) == expected


@dataclass(frozen=True)
class Asked:
    course_key: uuid.UUID
    kind: str
    due_on: date | None = None


MUST, MAY = RequirementKind.MANDATORY, RequirementKind.RECOMMENDED
EARLY, LATE = date(2026, 1, 1), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("requirements", "decisive"),
    [
        ([], []),
        ([Asked(A, MAY), Asked(A, MUST)], [Asked(A, MUST)]),
        ([Asked(A, MAY, EARLY), Asked(A, MUST, LATE)], [Asked(A, MUST, LATE)]),
        ([Asked(A, MUST), Asked(A, MUST, LATE), Asked(A, MUST, EARLY)], [Asked(A, MUST, EARLY)]),
        ([Asked(A, MAY, LATE), Asked(A, MAY, EARLY)], [Asked(A, MAY, EARLY)]),
        ([Asked(B, MAY), Asked(A, MUST)], [Asked(A, MUST), Asked(B, MAY)]),
    ],
)
def test_one_requirement_counts_for_each_course(requirements, decisive):
    assert rules.decisive(requirements) == decisive
    assert rules.decisive(requirements[::-1]) == decisive
