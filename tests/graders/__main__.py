"""``python -m tests.graders <folder of the graders' programs>``: print what is wrong; 1 if anything is."""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[2] / ".collections"))

from testbed.host import HostError, cache_root
from testbed.images import golang
from tests.graders import outside
from tests.graders.manifests import objects
from tests.graders.waivers import problems, waived
from tests.support.roles import INVENTORIES


def main(programs: Path) -> int:
    waivers = waived(yaml.safe_load(Path(__file__).with_name("waivers.yml").read_text()))
    helm, actionlint = _built("helm"), _built("actionlint")
    workflows = outside.ROOT / ".github" / "workflows"
    version = ".".join(golang.KUBERNETES_VERSION.removeprefix("v").split(".")[:2])
    # Through JSON: what Ansible makes of templates are no plain strings.
    shipped = {name: json.loads(json.dumps(objects(name, helm))) for name in INVENTORIES}
    with tempfile.TemporaryDirectory(prefix="pingpong-graders-") as folder, ThreadPoolExecutor(2) as pool:
        answers = [
            pool.submit(outside.antsibull, programs),
            pool.submit(outside.checkov, programs, shipped, Path(folder, "checkov")),
            pool.submit(outside.kubernetes_validate, programs, version, shipped, Path(folder, "schema")),
            pool.submit(outside.zizmor, programs, workflows),
            pool.submit(outside.actionlint, actionlint, sorted(workflows.glob("*.yml"))),
        ]
        findings = [finding for answer in answers for finding in answer.result()]
    wrong = problems(findings, waivers)
    print("\n".join(wrong) or f"{len(findings)} findings, each waived in tests/graders/waivers.yml")
    return 1 if wrong else 0


def _built(name: str) -> Path:
    """A program of the Go module of that name."""
    cache = cache_root()
    return golang.build(golang.BY_NAME[name], cache, cache / "logs" / f"go-{name}.log") / name


if __name__ == "__main__":
    try:
        raise SystemExit(main(Path(sys.argv[1])))
    except (HostError, outside.GraderError) as error:
        raise SystemExit(f"graders: {error}") from None
