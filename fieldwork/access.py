"""Who may see and do what: the permission backend behind ``user.has_perm``."""


class AreaBackend:
    """Answers ``has_perm`` from dated membership; grants nothing until membership exists."""

    def authenticate(self, request, **credentials):
        return None

    def has_perm(self, user, perm, obj=None) -> bool:
        return False
