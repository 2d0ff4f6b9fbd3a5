"""Questions and courses in and out of the hub. Parsers and writers know no ORM."""
