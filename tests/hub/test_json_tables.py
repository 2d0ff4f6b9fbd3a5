"""Tables as JSON: typed values under stable keys."""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from hub.json_tables import write_json
from hub.spreadsheets import Column

COLUMNS = [
    Column("Personalnummer", "text", key="staff_number"),
    Column("Punkte", "integer", key="points"),
    Column("Am", "date", key="day"),
    Column("Zuletzt", "datetime", key="moment"),
]


@pytest.fixture(autouse=True)
def in_berlin():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


def read(columns, rows, **about):
    return json.loads(b"".join(write_json(columns, rows, about=about)))


def test_it_says_what_it_is_and_keeps_the_types():
    rows = [
        ("00123", -5, date(2026, 3, 1), datetime(2026, 7, 1, 22, 30, tzinfo=UTC)),
        ("Jörg 😀", None, datetime(987, 6, 5, 1, 2), datetime(2026, 12, 1, 8, 0)),
    ]
    assert read(COLUMNS, rows, purpose="Nachweis ü") == {
        "purpose": "Nachweis ü",
        "columns": [
            {"key": "staff_number", "label": "Personalnummer", "kind": "text"},
            {"key": "points", "label": "Punkte", "kind": "integer"},
            {"key": "day", "label": "Am", "kind": "date"},
            {"key": "moment", "label": "Zuletzt", "kind": "datetime"},
        ],
        "rows": [
            {
                "staff_number": "00123",
                "points": -5,
                "day": "2026-03-01",
                "moment": "2026-07-02T00:30:00+02:00",
            },
            {
                "staff_number": "Jörg 😀",
                "points": None,
                "day": "0987-06-05",
                "moment": "2026-12-01T08:00:00+01:00",
            },
        ],
    }


@pytest.mark.parametrize("count", [0, 1, 200, 201])
def test_any_number_of_rows_is_one_object(count):
    column = Column("Nummer", "integer", key="n")
    rows = read([column], ([number] for number in range(count)))["rows"]
    assert rows == [{"n": number} for number in range(count)]


@pytest.mark.parametrize("keys", [("", "b"), ("a", "a")])
def test_columns_without_a_key_of_their_own_are_refused(keys):
    columns = [Column("A", "text", key=key) for key in keys]
    with pytest.raises(ValueError, match="keys of their own"):
        write_json(columns, [], about={})


@pytest.mark.parametrize(
    ("kind", "value"),
    [("integer", "=1"), ("integer", 1.5), ("date", "=1"), ("datetime", date(2026, 3, 1))],
)
def test_values_of_the_wrong_type_are_refused(kind, value):
    with pytest.raises((TypeError, ValueError, AttributeError)):
        read([Column("Wert", kind, key="v")], [[value]])
