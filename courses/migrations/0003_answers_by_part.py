"""Answers are stored by part of the question: ``["a"]`` becomes ``{"answer": ["a"]}``."""

from django.db import migrations


def by_part(apps, schema_editor):
    responses = apps.get_model("courses", "Response").objects
    for response in responses.iterator():
        if isinstance(response.answer, list):
            response.answer = {"answer": response.answer} if response.answer else {}
            response.save(update_fields=["answer"])


def as_list(apps, schema_editor):
    responses = apps.get_model("courses", "Response").objects
    for response in responses.iterator():
        response.answer = response.answer.get("answer", [])
        response.save(update_fields=["answer"])


class Migration(migrations.Migration):
    dependencies = [("courses", "0002_texts_for_editors")]

    operations = [migrations.RunPython(by_part, as_list)]
