"""Three stores: `default` for work, `vault` for contacts and leads, `keys` for record keys.

A model names its store once, here; nothing may join across stores.
"""

_STORES = {"contact": "vault", "lead": "vault", "recordkey": "keys"}


def store_of(model_name: str) -> str:
    return _STORES.get(model_name, "default")


class ThreeStores:
    def db_for_read(self, model, **hints):
        return store_of(model._meta.model_name)

    db_for_write = db_for_read

    def allow_relation(self, one, other, **hints):
        return store_of(one._meta.model_name) == store_of(other._meta.model_name)

    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return None if model_name is None else db == store_of(model_name)
