"""What the three reports say, composed from figures.json: sentences, tables, plots. No layout."""
