"""Journeys in a real browser against the demo hub on the production server."""
