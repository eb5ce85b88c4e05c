"""Log scrubbing: no request body, no query string, no local variables ever reach a log line."""

import logging
import re

_QUERY = re.compile(r"\?\S*")


class NoBodies(logging.Filter):
    """Cuts query strings and drops the request object that Django attaches to its records."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.pop("request", None)
        if isinstance(record.msg, str):
            args = self._args(record)
            record.args = tuple(_QUERY.sub("", a) if isinstance(a, str) else a for a in args)
        return True

    @staticmethod
    def _args(record: logging.LogRecord) -> tuple[object, ...]:
        return record.args if isinstance(record.args, tuple) else ()
