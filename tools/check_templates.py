"""Compile every template of the project, so that a broken tag is found before a reader does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Return 0 when all templates compile, 1 with a line per broken one otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "animica_site.settings")
    import django
    from django.template import TemplateDoesNotExist, TemplateSyntaxError
    from django.template.loader import get_template

    django.setup()
    folder = ROOT / "templates"
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    broken = 0
    for name in names:
        try:
            get_template(name)
        except (TemplateSyntaxError, TemplateDoesNotExist) as error:
            broken += 1
            print(f"templates/{name}: {type(error).__name__}: {error}")
    print(f"{len(names)} templates compiled, {broken} broken")
    return 1 if broken or not names else 0


if __name__ == "__main__":
    sys.exit(main())
