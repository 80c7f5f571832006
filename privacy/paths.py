"""Which way leads from a subject to the rows of each table: what foreign keys say, and what the data map adds.

Serves promise 08: the erasure plan, the export and the check that no personal column is out of reach use this alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from privacy.datamap import DataMap, Erase, Path, Personal, Scope, Subject, all_models, data_map

# The row that is the subject itself. Named by label: this application imports no other one.
ROOTS = {
    Scope.ACCOUNT: "accounts.Account",
    Scope.USER: "accounts.User",
    Scope.SITE: "sites.Site",
    Scope.SUBSCRIBER: "newsletters.Contact",
}
# From which scopes a subject's data must be reachable: one of them is enough.
NEEDED = {
    Subject.ACCOUNT_HOLDER: (Scope.ACCOUNT, Scope.USER),
    Subject.SUBSCRIBER: (Scope.SUBSCRIBER,),
    Subject.VISITOR: (Scope.ACCOUNT,),
    Subject.STAFF: (Scope.USER, Scope.ACCOUNT),
}


def paths_of(label: str, the_map: DataMap = data_map) -> tuple[Path, ...]:
    """Return every path to rows of the model `label`: declared ones first, then those of its foreign keys."""
    declared = the_map.paths.get(label, ())
    taken = {(path.scope, path.column) for path in declared}
    found = list(declared)
    for scope, root in ROOTS.items():
        if label == root:
            found.append(Path(scope, "id"))
    for field in apps.get_model(label)._meta.local_concrete_fields:
        for scope, root in ROOTS.items():
            target = field.related_model
            if (
                isinstance(target, type)
                and issubclass(target, models.Model)
                and target._meta.label == root
                and (scope, field.name) not in taken
            ):
                found.append(Path(scope, field.name))
    return tuple(found)


def out_of_reach(the_map: DataMap = data_map) -> Iterator[str]:
    """Yield "app.Model.field" for each personal column that no path leads to."""
    for label, name, declaration in the_map.personal():
        if declaration.erase in (Erase.KEPT, Erase.EXPIRES):
            continue
        scopes = {path.scope for path in paths_of(label, the_map)}
        if not scopes & set(NEEDED[declaration.subject]):
            yield f"{label}.{name}"


def broken_rules(the_map: DataMap = data_map) -> Iterator[str]:
    """Yield "app.Model.field" for each path, term or processor's source that names what doesn't exist."""
    fields = {m._meta.label: {f.name for f in m._meta.local_concrete_fields} for m in all_models()}
    for label, paths in the_map.paths.items():
        for path in paths:
            pairs = [(label, path.column), *([path.through] if path.through else [])]
            yield from (f"{table}.{name}" for table, name in pairs if name not in fields.get(table, ()))
    for label, terms in the_map.terms.items():
        for term in terms:
            names = [
                term.column,
                *(name.partition("__")[0] for name in term.only),
                *([term.objects] if term.objects else []),
            ]
            yield from (f"{label}.{name}" for name in names if name not in fields.get(label, ()))
    for source in processor_sources():
        label, _dot, name = source.rpartition(".")
        if not isinstance(the_map.columns.get(label, {}).get(name), Personal):
            yield source


def processor_sources() -> Iterator[str]:
    """Yield each column that a processor is declared to get."""
    from webanizr.core.processors import REGISTRY

    for processor in REGISTRY.values():
        for field in processor.fields:
            yield from field.source


def children_first() -> list[type[models.Model]]:
    """Return every model, each before those that it refers to: the order in which rows can be deleted."""
    waiting = {model._meta.label: model for model in all_models()}
    refers = {label: {t._meta.label for t in _targets(model)} - {label} for label, model in waiting.items()}
    ordered: list[type[models.Model]] = []
    while waiting:
        wanted = {target for label in waiting for target in refers[label]}
        # a circle of references (none today) would be cut at the first name: its keys are deferred
        free = sorted(set(waiting) - wanted) or sorted(waiting)[:1]
        ordered += [waiting.pop(label) for label in free]
    return ordered


def _targets(model: type[models.Model]) -> Iterator[type[models.Model]]:
    for field in model._meta.local_concrete_fields:
        target = field.related_model
        if isinstance(target, type) and issubclass(target, models.Model):
            yield target
