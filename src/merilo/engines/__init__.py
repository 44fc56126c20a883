"""Who walks over the works: one operation, fold(step, merge) over record batches."""
