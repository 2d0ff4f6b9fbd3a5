from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.typed_answers import TextRules, plain_number, read_number, shown_number

DECIMALS = st.decimals(
    min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=4
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KI", " ki "),
        ("Daten  schutz", "Daten\u00a0schutz"),
        ("Kälte", "Kaelte"),
        ("Größe", "GROESSE"),
        ("Straße", "strasse"),
        ("A\u0308rger", "Ärger"),
        ("„Prompt“", '"Prompt"'),
        ("Mensch–Maschine", "Mensch-Maschine"),
        ("geht’s", "geht's"),
        ("Da\u00adten", "Daten"),
    ],
)
def test_lenient_rules_take_these_for_equal(one, other):
    assert TextRules().are_equal(one, other)


@pytest.mark.parametrize(
    ("rules", "one", "other", "equal"),
    [
        (TextRules(case_matters=True), "KI", "ki", False),
        (TextRules(case_matters=True), "Kälte", "Kaelte", True),
        (TextRules(case_matters=True), "Ärger", "Aerger", True),
        (TextRules(umlauts_matter=True), "Kälte", "Kaelte", False),
        (TextRules(umlauts_matter=True), "Straße", "Strasse", False),
        (TextRules(umlauts_matter=True), "STRAẞE", "straße", True),
        (TextRules(umlauts_matter=True), "KÄLTE", "kälte", True),
        (TextRules(), "Daten", "Daten schutz", False),
        (TextRules(), "Kalte", "Kälte", False),
    ],
)
def test_rules(rules, one, other, equal):
    assert rules.are_equal(one, other) is equal


@given(st.text(), st.booleans(), st.booleans())
def test_a_text_is_equal_to_itself_and_its_form_stays(text, case, umlauts):
    rules = TextRules(case_matters=case, umlauts_matter=umlauts)
    assert rules.are_equal(text, f" {text} ")
    if text.isascii():
        assert rules.form(rules.form(text)) == rules.form(text)


@pytest.mark.parametrize(
    ("text", "german", "english"),
    [
        ("3", "3", "3"),
        ("3,5", "3.5", "3.5"),
        ("3.5", "3.5", "3.5"),
        ("1.000", "1000", "1"),
        ("1,000", "1", "1000"),
        ("1.000,5", "1000.5", "1000.5"),
        ("1,000.5", "1000.5", "1000.5"),
        ("1.000.000", "1000000", "1000000"),
        ("1 000", "1000", "1000"),
        ("1\u202f000,5", "1000.5", "1000.5"),
        ("1'000", "1000", "1000"),
        ("0.125", "0.125", "0.125"),
        ("1234,567", "1234.567", "1234.567"),
        (",5", "0.5", "0.5"),
        ("−3", "-3", "-3"),
        ("– 3", "-3", "-3"),
        ("+4", "4", "4"),
        ("3,5 kg", "3.5", "3.5"),
        ("3KG", "3", "3"),
        ("１２", "12", "12"),
    ],
)
def test_numbers_are_read_as_people_write_them(text, german, english):
    assert read_number(text, language="de", unit="kg") == Decimal(german)
    assert read_number(text, language="de-simple", unit="kg") == Decimal(german)
    assert read_number(text, language="en", unit="kg") == Decimal(english)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "kg", "5.", "1 00", "1.2.3", "1,00,000", "--3", "1e5", "3 t", "٣", "1/2", "9" * 41],
)
def test_what_is_no_number_is_none(text):
    assert read_number(text, language="de", unit="kg") is None


@given(DECIMALS, st.sampled_from(["de", "en", "de-simple"]))
def test_what_is_stored_is_the_same_number_in_every_language(number, language):
    assert read_number(plain_number(number), language=language) == number
    assert read_number(shown_number(number, language=language), language=language) == number


@given(st.text(), st.sampled_from(["de", "en"]))
def test_no_text_is_too_odd(text, language):
    number = read_number(text, language=language, unit="%")
    assert number is None or number.is_finite()
