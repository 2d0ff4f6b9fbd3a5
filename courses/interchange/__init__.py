"""Questions and courses in and out of the hub. Parsers and writers know no ORM.

Of the course package, ``package`` is the file and ``references`` what stored texts refer to; only
``package_export``, ``package_import`` and what they use know the database.
"""
