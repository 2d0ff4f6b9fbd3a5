"""Nachweispaket: what an authority hands to whoever asks how its people learnt.

One ZIP for an authority and a day, made of parts that are registered like those of a plug-in.
"""

from . import laws, people, plan, texts  # noqa: F401 - they register
from .contract import Pack, PackFile, PackPart, pack_parts
from .documents import table_files

__all__ = ["Pack", "PackFile", "PackPart", "pack_parts", "table_files"]
