"""Camera coverage, gaps and siting: computed figures, grid by grid."""
