"""Pages of the middle floor, one topic a file. Every object is fetched through `access`."""
