"""Questions in and out: Moodle XML, GIFT and spreadsheets.

``questions`` is the neutral form all formats are read into and written from, ``markup`` cleans
what comes from outside; ``moodle_xml``, ``gift`` and ``sheet`` read and write one format each,
``reading`` tells them apart. None of these knows the database; only ``importing`` and ``exporting``
do.
"""
