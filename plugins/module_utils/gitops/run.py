# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``git_manifests`` from its options to its result."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.gitops import files
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.git import Git, Remote, opened, parse
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.sync import Sync
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.layer import load_layer
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Objects, Owner
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.waiter import WaitOptions

_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")
# Others push to the same branch: the other regions' runs, at the same time.
_ATTEMPTS = 10


def run(
    args: Mapping[str, Any],
    *,
    check_mode: bool,
    want_diff: bool = True,
    declare: Callable[[Objects], None] = lambda desired: None,
) -> dict[str, Any]:
    """Commit a layer, and wait until it is applied; ``args`` are the validated options of the module.

    ``declare`` is called with the objects that the layer is to have, before anything is compared.
    """
    remote = parse(args["repository"])
    if not _FOLDER.fullmatch(args["folder"]):
        raise OptionError(
            f"folder: found {args['folder']!r}, expected a path in the repository, such as staging/primary"
        )
    owner = Owner(args["environment_name"], args["layer"])
    client = ClusterClient.from_connection(args["connection"], timeout=args["request_timeout"])
    try:
        prepared, warnings = load_layer(client, args, owner)
        tracked = [files.tracked(obj, args["application"]) for obj in prepared]
        desired = tracked if args["state"] == "present" else []
        contents = files.desired_files(desired, args["folder"])
        declare(desired)
        with opened(args["git"], remote) as git:
            commit, change = published(git, contents, args, remote, check_mode=check_mode)
        if args["wait"] and not check_mode:
            place = (args["application_namespace"], args["application"])
            options = WaitOptions(float(args["wait_timeout"]), args["wait_sleep"])
            Sync(client, owner, place, desired, options).wait(commit or "")
    finally:
        client.close()
    shown = {"changed": bool(change), "commit": commit or "", "files": files.entries(change)}
    shown |= {"warnings": warnings} if warnings else {}
    return {**shown, "diff": files.differences(change)} if want_diff else shown


def published(
    git: Git, contents: files.Files, args: Mapping[str, Any], remote: Remote, *, check_mode: bool
) -> tuple[str | None, files.Changes]:
    """The branch's commit that holds the folder so, and what it took; in check mode the one that is there."""
    for _attempt in range(_ATTEMPTS):
        parent = git.fetched()
        change = files.changes(contents, git.files(parent, args["folder"]) if parent else {})
        if not change or check_mode:
            return parent, change
        said = files.message(args["layer"], args["folder"], change)
        stream = files.commit_stream(change, branch=remote.branch, parent=parent, message=said, now=int(time.time()))
        commit = git.commit(stream)
        if git.push(commit, parent):
            return commit, change
    raise PlatformError(f"repository {remote.url}: {remote.branch} was moved by others {_ATTEMPTS} times in a row")
