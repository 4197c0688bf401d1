"""Addresses that each application of a process adds in the same order: bound and sorted once."""

from functools import cached_property
from typing import Any

from werkzeug.routing import Map, Rule, RuleFactory


class Added:
    """A rule that was added after others. `after`: what maps added next, by what it says."""

    def __init__(self, before: "Added | None", rule: Rule | None, converters: Any) -> None:
        self.before, self.rule, self.converters = before, rule, converters
        self.after = dict[Any, Added]()

    @cached_property
    def made(self) -> Map:
        """A map of all up to here. It holds nothing of one application."""
        found = Map(host_matching=False)
        for each in self._from_the_first():
            found.converters = each.converters
            found.add(_copy(each.rule))
        found.update()
        return found

    def _from_the_first(self) -> "list[Any]":
        added, at = [], self
        while at.before is not None:
            added.append(at)
            at = at.before
        return added[::-1]


FIRST = Added(None, None, {})


class SharedMap(Map):
    """Notes what is added, and takes the rest over from `Added.made` when it is first asked."""

    def __init__(self, *given: Any, **options: Any) -> None:
        assert not given, "rules are added"
        assert options in ({}, {"host_matching": False}), "as Flask makes it"
        self._last = FIRST
        super().__init__(**options)

    def add(self, rulefactory: RuleFactory) -> None:
        for rule in rulefactory.get_rules(self):
            key = (*self.converters.values(), *_said(rule))
            if (found := self._last.after.get(key)) is None:
                found = Added(self._last, rule, dict(self.converters))
                self._last.after[key] = found
            self._last = found
        self._remap = True

    def update(self) -> None:
        if self._remap:
            made = self._last.made
            self._matcher, self._rules_by_endpoint = made._matcher, made._rules_by_endpoint
            self._remap = False


def _said(rule: Rule) -> tuple[Any, ...]:
    options = (rule.build_only, rule.strict_slashes, rule.merge_slashes, rule.alias, rule.websocket)
    return (
        *(rule.rule, rule.endpoint, rule.subdomain, rule.host, rule.redirect_to),
        *(frozenset(rule.methods or ()), rule.methods is None, *options),
        tuple(sorted((rule.defaults or {}).items())),
        _automatic(rule),
    )


def _automatic(rule: Rule | None) -> Any:
    return getattr(rule, "provide_automatic_options", None)


def _copy(rule: Rule | None) -> Rule:
    assert rule is not None
    assert not rule.websocket
    copied = rule.empty()
    copied.merge_slashes = rule.merge_slashes
    if _automatic(rule) is not None:
        copied.provide_automatic_options = _automatic(rule)  # type: ignore[attr-defined]
    return copied
