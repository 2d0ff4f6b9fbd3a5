"""Behördenwechsel: a person takes what she has learnt along to another authority (0041)."""
