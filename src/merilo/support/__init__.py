"""What would help: deficits by skill, city-wide and the school's own part, in pupils."""
