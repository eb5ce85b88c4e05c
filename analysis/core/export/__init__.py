"""Record-level exports: what may leave of one approved response, and how it is written down."""
