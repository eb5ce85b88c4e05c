"""Template helpers of the top floor."""
