"""Arrays in, arrays out: attempts, smoothing, thinning, limits."""
