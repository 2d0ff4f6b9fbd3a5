"""Adds a course whose quiz asks one question of every built-in type, with texts as long as life.

Run with Django's environment set: ``python -m tests.browser.every_type``.
"""

import json

import django

COURSE = "alle-fragetypen"


def questions():
    from tests.cases import item, multiple_choice, single_choice, true_false
    from tests.courses.questions import samples

    def words(name, *texts):
        return [item(f"{name}-{n}", text) for n, text in enumerate(texts)]

    pairs = {
        "Fasst ein langes Protokoll zusammen": "Sprachmodell",
        "Erkennt Schlaglöcher auf Fotos der Straßenbefahrung": "Bilderkennung",
        "Schreibt eine gesprochene Sitzung mit": "Spracherkennung",
    }
    steps = (
        "Zweck klären und prüfen, ob das Werkzeug dafür freigegeben ist",
        "Personenbezogene Daten entfernen",
        "Frage stellen",
        "Ergebnis an der Quelle prüfen",
    )
    return [
        single_choice("eins"),
        multiple_choice("zwei"),
        true_false("drei"),
        samples.matching(
            "lang",
            text="<p>Welche Technik steckt dahinter?</p>",
            pairs=[
                item(f"paar-{n}", {"prompt": prompt, "match": match, "feedback": "So ist es."})
                for n, (prompt, match) in enumerate(pairs.items())
            ],
            distractors=words("falsch", "Regelbasierte Datenbankabfrage ohne lernende Verfahren"),
        ),
        samples.ordering(
            "lang",
            text="<p>In welcher Reihenfolge gehen Sie vor?</p>",
            steps=[
                item(f"schritt-{n}", {"text": text, "feedback": ""}) for n, text in enumerate(steps)
            ],
        ),
        samples.gap_text(
            "lang",
            text="<p>Ergänzen Sie den Satz.</p>",
            sentence="Personenbezogene Daten gehören nicht in [1] KI-Werkzeuge, denn dort gilt "
            "die [2] nicht.\nZuständig ist am Ende immer ein [3].",
            gaps=[
                item(
                    f"luecke-{n}",
                    {
                        "answers": words(f"richtig-{n}", right),
                        "distractors": words(f"verkehrt-{n}", *wrong),
                        "feedback": "",
                    },
                )
                for n, (right, wrong) in enumerate(
                    {
                        "öffentliche": ["eigene", "dienstlich freigegebene und geprüfte"],
                        "DSGVO": [],
                        "Mensch": [],
                    }.items()
                )
            ],
        ),
        samples.short_text("lang", text="<p>Was schützt personenbezogene Daten?</p>"),
        samples.number("lang", text="<p>Wie schwer ist das Netzteil?</p>"),
        samples.scale(
            "lang",
            text="<p>Ich fühle mich sicher im Umgang mit KI.</p>",
            lowest="stimme überhaupt nicht zu",
            highest="stimme voll und ganz zu",
        ),
        samples.free_text("lang", text="<p>Warum prüft am Ende ein Mensch?</p>"),
    ]


def add() -> None:
    """Publish the course below the German catalogue."""
    from courses.models import CourseIndexPage, QuizPage
    from tests.cases import draft, new_course, new_module, publish

    catalogue = CourseIndexPage.objects.filter(locale__language_code="de").first()
    course = draft(catalogue, new_course("Alle Fragetypen"))
    module = new_module("Fragen")
    module.is_required = False
    publish(course, module)
    quiz = QuizPage(
        title="Fragen jeder Art", slug="quiz", pass_mark=75, questions=json.dumps(questions())
    )
    publish(course, quiz)
    course.refresh_from_db()
    course.save_revision().publish()


if __name__ == "__main__":
    django.setup()
    add()
