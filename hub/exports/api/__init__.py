"""The interface for HR systems: programs read the lists that people hand over, and nothing else.

A token stands for its maker: it reads what she may hand over of one authority, and only of the
lists it names (docs/decisions/0033).
"""
