"""Record keys (store `keys`), apart from what they open: destroying one destroys the data."""

from django.db import models


class RecordKey(models.Model):
    """A wrapped AES-256 key. ``wrapped`` empty and ``destroyed_on`` set = gone for ever."""

    key_id = models.CharField(max_length=64, unique=True)
    wrapped = models.BinaryField()
    wrap_key = models.CharField("主密钥编号", max_length=16)
    created_on = models.DateField()
    destroyed_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key_id
