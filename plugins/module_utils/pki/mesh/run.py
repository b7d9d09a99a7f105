# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one entrance to ``mesh_ca`` for its module and its action plugin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import settings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import connect
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.connection import Connection
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.spec import CONNECTION
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.run import labels_for
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore, parse_span
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import DEFAULT_ALGORITHM, find_algorithm
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.cluster import MeshCluster
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Shape
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.reconcile import MeshEngine
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import (
    FileStore,
    RootStore,
    SecretManagerStore,
    ValueStore,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Stage
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.wait import WaitOptions
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secret_manager import SecretVersions

_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def run(args: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """The result of a ``mesh_ca`` task with these validated options."""
    require("cryptography", "make and read certificates")
    labels = labels_for(args.get("environment_name"), args["layer"])
    shape = parse_shape(args)
    store = root_store(args["root"], args.get("cloud") or {})
    wait_options = WaitOptions(
        args["wait"], timedelta(seconds=args["wait_timeout"]), timedelta(seconds=max(1, args["wait_sleep"]))
    )
    with ExitStack() as stack:
        clusters = []
        for name, connection in connections(args["clusters"]).items():
            client = ClusterClient(connection)
            stack.callback(client.close)
            clusters.append(MeshCluster(name, client, labels))
        return MeshEngine(clusters, store, shape, wait_options, check_mode=check_mode).run(Stage(args["stage"]))


def connections(clusters: Mapping[str, Any]) -> dict[str, Connection]:
    """The option ``clusters`` read: each a connection as other modules take it, and each to a cluster of its own."""
    found: dict[str, Connection] = {}
    for name, options in clusters.items():
        where = f"clusters.{name}"
        if not isinstance(options, Mapping):
            raise OptionError(f"{where}: found {type(options).__name__}, expected a connection")
        unknown = sorted(set(map(str, options)) - set(CONNECTION["options"]))
        if unknown:
            known = ", ".join(CONNECTION["options"])
            raise OptionError(f"{where}: found {', '.join(unknown)}, expected of {known}")
        try:
            connection = Connection.from_dict(options)
        except OptionError as error:
            raise OptionError(f"{where}: {error.message}") from None
        twin = next((other for other, known in found.items() if known.endpoint == connection.endpoint), None)
        if twin:
            raise OptionError(f"{where}: found the endpoint of {twin}, expected a cluster of its own")
        found[str(name)] = connection
    if not found:
        raise OptionError("clusters: found none, expected at least one name with its connection")
    return found


def parse_shape(args: Mapping[str, Any]) -> Shape:
    """What the authorities are to be like, from the options ``trust_domain``, ``root`` and ``intermediate``."""
    domain = args["trust_domain"]
    if not _DOMAIN.fullmatch(domain):
        raise OptionError(f'trust_domain: found "{domain}", expected a name such as example.org, in lower case')
    root, intermediate = args["root"], args.get("intermediate") or {}
    shape = Shape(
        trust_domain=domain,
        root_algorithm=find_algorithm("root.algorithm", root.get("algorithm") or DEFAULT_ALGORITHM),
        root_validity=parse_span("root.validity", root.get("validity") or "3650d"),
        root_renew_before=RenewBefore.parse("root.renew_before", root.get("renew_before") or "20%"),
        algorithm=find_algorithm("intermediate.algorithm", intermediate.get("algorithm") or DEFAULT_ALGORITHM),
        validity=parse_span("intermediate.validity", intermediate.get("validity") or "365d"),
        renew_before=RenewBefore.parse("intermediate.renew_before", intermediate.get("renew_before") or "33%"),
        name_constraints=intermediate.get("name_constraints", True),
    )
    shape.root_renew_before.check("root.renew_before", shape.root_validity)
    shape.renew_before.check("intermediate.renew_before", shape.validity)
    if shape.validity > shape.root_validity:
        raise OptionError(
            "intermediate.validity: found it longer than root.validity, expected nothing to outlive its issuer"
        )
    return shape


def root_store(options: Mapping[str, Any], cloud: dict[str, Any]) -> RootStore:
    """Where the root is kept, from the options ``root`` and ``cloud``."""
    if options.get("file"):
        return FileStore(Path(options["file"]).expanduser())
    if options.get("secret"):
        chosen = settings(cloud)
        return SecretManagerStore(SecretVersions("root.secret", connect(chosen), chosen.project, options["secret"]))
    return ValueStore(options["certificate"], options["key"])
