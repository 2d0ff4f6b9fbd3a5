"""One question of each built-in type, as it is stored."""

from tests.cases import block_id, item


def stored(kind, name="x", **value):
    """A question as its StreamField stores it."""
    return {
        "type": kind,
        "id": block_id(f"{kind}-{name}"),
        "value": {"text": "<p>Was gilt?</p>", "points": 3} | value,
    }


def matching(name="x", **value):
    return stored(
        "matching",
        name,
        **{
            "pairs": [
                item(
                    f"{name}-1", {"prompt": "Chatbot", "match": "Sprache", "feedback": "Er redet."}
                ),
                item(f"{name}-2", {"prompt": "Scanner", "match": "Bild", "feedback": ""}),
                item(f"{name}-3", {"prompt": "Übersetzung", "match": "Sprache", "feedback": ""}),
            ],
            "distractors": [item(f"{name}-4", "Geruch")],
        }
        | value,
    )


def ordering(name="x", **value):
    return stored(
        "ordering",
        name,
        **{
            "steps": [
                item(f"{name}-{n}", {"text": text, "feedback": f"Darum {text}."})
                for n, text in enumerate(("Prüfen", "Fragen", "Nutzen"))
            ]
        }
        | value,
    )


def gap_text(name="x", **value):
    return stored(
        "gap_text",
        name,
        **{
            "sentence": "Die [1] gilt in der [2].",
            "gaps": [
                item(
                    f"{name}-1",
                    {
                        "answers": [
                            item(f"{name}-1a", "KI-VO"),
                            item(f"{name}-1b", "KI-Verordnung"),
                        ],
                        "distractors": [],
                        "feedback": "Sie heißt so.",
                    },
                ),
                item(
                    f"{name}-2",
                    {
                        "answers": [item(f"{name}-2a", "EU")],
                        "distractors": [item(f"{name}-2b", "Schweiz")],
                        "feedback": "",
                    },
                ),
            ],
        }
        | value,
    )


def short_text(name="x", **value):
    return stored(
        "short_text",
        name,
        **{
            "answers": [
                item(f"{name}-1", {"text": "Datenschutz", "percent": 100, "feedback": "Genau."}),
                item(f"{name}-2", {"text": "Schutz", "percent": 50, "feedback": "Welcher?"}),
                item(f"{name}-3", {"text": "Datensatz", "percent": 0, "feedback": "Verlesen?"}),
            ]
        }
        | value,
    )


def number(name="x", **value):
    return stored(
        "number",
        name,
        **{"number": "1.234", "tolerance": "0.1", "unit": "kg", "feedback_wrong": "Wiegen Sie."}
        | value,
    )


def scale(name="x", **value):
    question = stored(
        "scale", name, **{"lowest": "gar nicht", "highest": "völlig", "steps": 5} | value
    )
    del question["value"]["points"]
    return question


def free_text(name="x", **value):
    return stored(
        "free_text",
        name,
        **{
            "max_length": 100,
            "criteria": "Zwei Gründe",
            "model_answer": "Weil A.\nUnd weil B.",
        }
        | value,
    )


BUILT_IN = {
    make.__name__: make()
    for make in (matching, ordering, gap_text, short_text, number, scale, free_text)
}
