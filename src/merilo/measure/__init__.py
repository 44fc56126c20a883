"""From the Tally: items, calibration, school results, school effects, growth."""
