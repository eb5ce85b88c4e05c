"""Plain-Python core of `fieldwork`: areas, sampling, outcomes, quality. Knows no Django."""
