"""Placeholder replaced in the next commit: makes the environment and re-executes inside it."""


def ensure(argv: list[str]) -> None:
    """Nothing yet."""
