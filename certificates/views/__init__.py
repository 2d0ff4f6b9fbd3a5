"""Views by audience: the person herself, whoever checks a document, the administration."""
