"""Pages of the top floor: fetch with permission, act, answer."""
