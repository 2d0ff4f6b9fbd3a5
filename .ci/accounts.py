"""Print the accounts of the demo hub as a table."""

import json
import sys
from pathlib import Path

accounts = json.loads(Path("var/demo-accounts.json").read_text())
columns = ("role", "authority", "username", "password")
rows = [columns, *(tuple(account[column] for column in columns) for account in accounts)]
widths = [max(len(row[n]) for row in rows) for n in range(len(columns))]
for row in rows:
    line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    sys.stdout.write(line.rstrip() + "\n")
