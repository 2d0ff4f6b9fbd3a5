"""Behördenwechsel."""
