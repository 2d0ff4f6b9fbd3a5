"""The blocks of a text as learners get them."""

from hub.blocks import TableBlock


def test_cells_of_a_table_name_their_column_and_keep_their_role():
    block = TableBlock()
    value = block.to_python(
        {
            "caption": "Wer sieht was?",
            "header": ["Angabe", "Sie selbst"],
            "rows": [{"cells": ["Punkte", "ja"]}],
        }
    )

    html = block.render(value)

    assert '<th scope="row" role="rowheader" data-label="Angabe">Punkte</th>' in html
    assert '<td role="cell" data-label="Sie selbst">ja</td>' in html
    assert html.count('role="row"') == 2
