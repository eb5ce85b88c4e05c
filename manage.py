#!/usr/bin/env python3
"""Entry point. Before Django it makes sure the environment exists (config/bootstrap.py)."""

import os
import sys


def main() -> None:
    from config import bootstrap

    bootstrap.ensure(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
