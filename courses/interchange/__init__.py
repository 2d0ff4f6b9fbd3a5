"""Questions and courses in and out of the hub. Parsers and writers know no ORM.

``questions`` is the neutral form all formats of questions are read into and written from,
``markup`` cleans what comes from outside; ``moodle_xml``, ``gift`` and ``sheet`` read and write one
format each, ``reading`` tells them apart; only ``importing`` and ``exporting`` know the database.

Of the course package, ``package`` is the file and ``references`` what stored texts refer to; only
``package_export``, ``package_import`` and what they use know the database.
"""
