"""Adds a course with two quizzes of one question each: one typed in it, one from the bank.

Both say that A is right. Run with Django's environment set:
``python -m tests.browser.corrected_course``.
"""

import json

import django

TYPED, OF_THE_BANK = "Was gilt für die getippte Frage?", "Was gilt für die Frage aus dem Pool?"


def add() -> None:
    """Publish the course below the German catalogue."""
    from courses.models import CourseIndexPage, QuizPage
    from tests.cases import bank_question, block_id, draft, new_course, publish, single_choice

    question = bank_question("Frage aus dem Pool", single_choice("die Frage aus dem Pool"))
    chosen = {
        "type": "bank_question",
        "id": block_id("gewählt"),
        "value": {"question": question.pk, "points": None},
    }
    catalogue = CourseIndexPage.objects.filter(locale__language_code="de").first()
    course = draft(catalogue, new_course("Kurs mit falschen Schlüsseln"))
    for title, slug, entry in (
        ("Getipptes Quiz", "getippt", single_choice("die getippte Frage")),
        ("Quiz aus dem Pool", "pool", chosen),
    ):
        publish(course, QuizPage(title=title, slug=slug, questions=json.dumps([entry])))
    course.refresh_from_db()
    course.save_revision().publish()


if __name__ == "__main__":
    django.setup()
    add()
