# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``inventory_check`` in the controller, which alone knows the variables of every host and the roles' defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.template import Templar
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import plain
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.inventory import mirrors
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.checks import (
    BASTION,
    VARIABLES,
    invalid_names,
    missing_ranges,
    problems,
    unfit_options,
    unreachable,
)
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction
from ansible_collections.pingpong.platform.plugins.plugin_utils.options import malformed

ROLES = Path(__file__).parents[2] / "roles"


class ActionModule(PlatformAction):
    """See the module of the same name."""

    ARGUMENT_SPEC: ClassVar[dict[str, Any]] = {
        "group": {"type": "str", "default": "clusters"},
        "roles": {"type": "list", "elements": "str", "default": []},
    }

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        """Check all clusters together, and this host's options of each role."""
        hosts = (self.task_vars.get("groups") or {}).get(args["group"]) or []
        # Once a run is enough for what all clusters say together.
        first = self.task_vars["inventory_hostname"] == self.task_vars["ansible_play_hosts_all"][0]
        found = problems({host: self._cluster(host, VARIABLES) for host in hosts}) if first else []
        if first and not found:
            found = list(mirrors.invalid_mirrors({host: self._cluster(host, mirrors.VARIABLES) for host in hosts}))
        found += [problem for role in args["roles"] for problem in self._role(role, hosts)]
        if found:
            raise PlatformError("\n".join(found), {"problems": found})
        return {"changed": False}

    def _cluster(self, host: str, names: Iterable[str]) -> dict[str, Any]:
        variables = self.task_vars["hostvars"][host]
        found = {}
        for name in names:
            try:
                found[name] = plain(variables.get(name))
            except AnsibleError as error:
                raise PlatformError(f"{host} {name}: can't be resolved: {error.message}") from None
        return found

    def _role(self, role: str, clusters: list[str]) -> Iterator[str]:
        spec = self._load(role, "meta/argument_specs.yml")["argument_specs"]["main"].get("options") or {}
        defaults = self._load(role, "defaults/main.yml") if (ROLES / role / "defaults" / "main.yml").exists() else {}
        known = {**defaults, **self.task_vars, "role_path": str(ROLES / role)}
        templar = Templar(self._loader, variables=known)
        given = {}
        for name in spec:
            if name in self.task_vars:
                try:
                    given[name] = plain(templar.template(self.task_vars[name]))
                except AnsibleError:  # of what an earlier role is yet to find out
                    spec[name] = {}
        spec = _without_defaults(spec)
        wrong = list(malformed(spec, given))
        wrong = wrong or ArgumentSpecValidator(spec).validate(given).error_messages
        yield from wrong or missing_ranges(given)
        yield from invalid_names(given, clusters)
        yield from unfit_options(given)
        if role == "cluster":
            yield from unreachable(given, self._cluster(self.task_vars["inventory_hostname"], BASTION))

    def _load(self, role: str, file: str) -> Any:
        return self._loader.load_from_file(str(ROLES / role / file), trusted_as_template=True) or {}


def _without_defaults(options: dict[str, Any]) -> dict[str, Any]:
    """Defaults are the role's own, and some are templates that are not of their option's type yet."""
    return {
        name: {
            key: _without_defaults(value) if key == "options" else value
            for key, value in spec.items()
            if key not in ("default", "description")
        }
        for name, spec in options.items()
    }
