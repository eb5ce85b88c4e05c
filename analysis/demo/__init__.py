"""The demonstration county 青禾县: invented places, people and truth. Never real data."""
