"""The contact vault (store `vault`): names and numbers she left, joined by pseudonym only."""

from django.db import models


class Contact(models.Model):
    """One contact wish. ``pseudonym`` is an HMAC of the instance id under the vault's own key."""

    record_id = models.CharField(max_length=64, unique=True)
    pseudonym = models.CharField(max_length=64, db_index=True)
    area_code = models.CharField(max_length=12)
    alg = models.CharField(max_length=32)
    key_id = models.CharField(max_length=64)
    body = models.BinaryField("密文")
    received_on = models.DateField()
    delete_after = models.DateField("保留到")

    def __str__(self) -> str:
        return self.record_id
