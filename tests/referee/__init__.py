"""The referee: oracle cases of other programs against the public API of `analysis.core`."""
