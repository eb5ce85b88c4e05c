"""Pages of the ground floor: `respondent` (the wizard's neutral pages) and `staff`."""
