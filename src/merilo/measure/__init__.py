"""One pass over the works -> Tally; then items, calibration, school results, school effects, growth.

Nothing is imported here: the processes that only count (`measure.tally`) stay light.
"""
