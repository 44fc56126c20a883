"""What the checked results mean for a school: low results, how surely."""
