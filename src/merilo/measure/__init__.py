"""One pass over the works -> Tally; then items, calibration, school results, school effects, growth."""
