"""The blocks a page is made of: one class per block, in its own file here, with one template of the same name.

Importing this package finds every block. No models and no database. Recipe: docs/blocks.md.
"""

from __future__ import annotations

import importlib
import pkgutil


def discover() -> None:
    """Import every module of this package, so that each block registers itself."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


discover()
