"""Plain-Python core of `analysis`: estimation, ranking, priority, charts. Knows no Django."""
