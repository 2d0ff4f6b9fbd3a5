"""What the hub costs: server CPU per piece of work, beside Moodle's figures. No test."""
