"""Employees from a list of HR, in one direction: file → rows → plan → database.

``tables`` reads the file, ``columns`` finds out what its columns mean, ``employees`` what its rows
say, ``people`` what the hub knows of the authority, ``planning`` what follows from both; only
``applying`` writes.
"""
