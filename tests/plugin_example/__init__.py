"""A third party's plug-in, complete and small: it must work without touching the core."""
