"""What is learned and how it went."""

from .activities import ActivityMixin
from .attempts import Attempt, Response
from .corrections import Correction, CorrectionNotice, Regrading
from .enrolments import Completion, Enrolment
from .pages import CourseIndexPage, CoursePage, ModulePage
from .quizzes import QuizPage
from .requirements import Requirement
from .topics import CourseTopic, Topic, TopicLabel
from .versions import ContentVersion

__all__ = [
    "ActivityMixin",
    "Attempt",
    "Completion",
    "ContentVersion",
    "Correction",
    "CorrectionNotice",
    "CourseIndexPage",
    "CoursePage",
    "CourseTopic",
    "Enrolment",
    "ModulePage",
    "QuizPage",
    "Regrading",
    "Requirement",
    "Response",
    "Topic",
    "TopicLabel",
]
