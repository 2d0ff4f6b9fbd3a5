"""How names are searched and sorted, whatever letters they hold and whoever types them.

DIN 91379 lists the letters that names of persons may hold in German administration, and for each
letter a *search form* of basic letters. Lists of names are sorted as DIN 5007-2 has it: ä as ae.
"""

from __future__ import annotations

import re
from unicodedata import normalize

#: Letters that Unicode does not take apart into a basic letter and a mark. "ø" is another way to
#: write "ö".
_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o\u0308",
        "þ": "th",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "ɨ": "i",
        "ĳ": "ij",
        "ĸ": "k",
        "ŀ": "l",
        "ł": "l",
        "ŋ": "n",
        "ŧ": "t",
        "ƈ": "c",
        "ǥ": "g",
        "ə": "e",
        "ʒ": "z",
    }
)
#: Signs within a word, as in O'Brien; all others separate words.
_remove_apostrophes = re.compile("['’‘`´¨ʹʺʻʼʾʿˈˌ·]").sub
_remove_marks = re.compile("([a-z])[\u0300-\u036f]+").sub
_find_umlaut = re.compile("([aou])([\u0300-\u036f]*?)\u0308").sub
_separate_words = re.compile(r"[\W_]+").sub


def search_form(name: str) -> str:
    """The search form of DIN 91379 in small letters, words separated by one space.

    "Gökçe" and "Goekce" become "goekce", "Große-Wächter" becomes "grosse waechter". Greek and
    Cyrillic letters stay what they are, in small letters.
    """
    return _basic_letters(_spell_out(_take_apart(name)))


def name_key(last_name: str, first_name: str) -> str:
    """What lists of people are sorted by and searched in: search forms, last name first.

    A name with umlauts is followed by the same name with the dots just left out: whoever types
    "Gokce", as on a keyboard without umlauts, finds "Gökçe", too. The tab sorts before everything
    else, so the addition changes no order and "Schulze, Zoe" comes before "Schulze Höping, Anna".
    """
    parts = [_take_apart(last_name), _take_apart(first_name)]
    spelt_out = "\t".join(_basic_letters(_spell_out(part)) for part in parts)
    shortened = "\t".join(_basic_letters(part) for part in parts)
    return spelt_out if shortened == spelt_out else f"{spelt_out}\t{shortened}"


def user_name(first_name: str, last_name: str) -> str:
    """A user name people can read and type: "thi.nguyen-grosse" for Thị Minh Nguyễn-Große."""
    parts = (*first_name.split()[:1], last_name)
    return ".".join(filter(None, (search_form(part).replace(" ", "-") for part in parts)))


def _take_apart(name: str) -> str:
    """Small letters, with every mark behind its letter."""
    return _remove_apostrophes("", normalize("NFD", name).casefold()).translate(_LETTERS)


def _spell_out(letters: str) -> str:
    """Umlauts as ae, oe and ue, the Nordic å as aa."""
    return _find_umlaut(r"\1e\2", letters).replace("a\u030a", "aa")


def _basic_letters(letters: str) -> str:
    # Marks of other alphabets make other letters: "й" is no "и".
    composed = normalize("NFC", _remove_marks(r"\1", letters))
    return _separate_words(" ", composed).strip()
