"""Objects to apply, and a short way to apply them as ``k8s_apply`` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.diff import comparable
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.spec import K8S_APPLY

Object = dict[str, Any]


def with_defaults(options: dict[str, Any]) -> dict[str, Any]:
    """The options as the argument spec would complete them."""
    unknown = set(options) - set(K8S_APPLY)
    assert not unknown, f"no such options: {unknown}"
    return {name: spec.get("default") for name, spec in K8S_APPLY.items()} | options


def config_map(name: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"key": "value"}}


def secret(name: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}


def service(name: str, port: int = 80) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": port}]},
    }


def role(name: str) -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
    }


def deployment(name: str, replicas: int = 0, image: str = "example.org/app:1") -> Object:
    """With everything that a server rewrites: quantities, defaults, zero values, empty maps."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "annotations": {}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}, "creationTimestamp": None},
                "spec": {
                    "hostNetwork": False,
                    "tolerations": [{"key": "a", "operator": "Exists"}],
                    "containers": [
                        {
                            "name": "app",
                            "image": image,
                            "env": [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                            "ports": [{"containerPort": 8080, "name": "http"}],
                            "resources": {
                                "requests": {"cpu": "0.1", "memory": "1024Mi"},
                                "limits": {"cpu": 1, "memory": "1.5Gi"},
                            },
                            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                        }
                    ],
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                },
            },
        },
    }


def definition(group: str, kind: str, *, scope: str = "Namespaced") -> Object:
    """A CustomResourceDefinition whose objects hold anything under ``spec``."""
    plural = f"{kind.lower()}s"
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": scope,
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
        "status": {"acceptedNames": {"kind": "", "plural": ""}, "conditions": [], "storedVersions": []},
    }


def of_five_kinds(each: int) -> list[Object]:
    """A layer of `each` objects of each of 5 kinds; 20 of each are the benchmark's hundred."""
    return [
        made
        for place in range(each)
        for made in (
            config_map(f"config-{place}"),
            secret(f"secret-{place}", password="correct horse"),
            service(f"service-{place}"),
            role(f"role-{place}"),
            deployment(f"deployment-{place}"),
        )
    ]


@dataclass
class Harness:
    """One layer of a test: ``apply`` is the module, ``client`` looks at what came of it."""

    connection: dict[str, str]
    client: ClusterClient
    namespace: str

    def apply(self, *objects: Object, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run ``k8s_apply``; without waiting by default, as nothing becomes ready here by itself."""
        given = {
            "connection": self.connection,
            "environment_name": "tests",
            "layer": self.namespace,
            "namespace": self.namespace,
            "objects": list(objects),
            "wait": False,
            "wait_timeout": 20,
            "wait_sleep": 0.1,
            "request_timeout": 10.0,
        }
        return run(with_defaults(given | options), check_mode=check_mode)

    def get(self, kind: str, name: str, api_version: str = "v1") -> Object | None:
        return self.client.get(api_version, kind, name, self.namespace)

    def get_spec(self, *objects: Object) -> list[Object]:
        """The live objects without what the server and controllers count."""
        found = [self.get(obj["kind"], obj["metadata"]["name"], obj["apiVersion"]) for obj in objects]
        specs = [obj for obj in map(comparable, found) if obj is not None]
        for obj in specs:
            obj["metadata"]["annotations"].pop("deployment.kubernetes.io/revision", None)
        return specs

    def edit(self, kind: str, name: str, patch: Object, *, manager: str, api_version: str = "v1") -> None:
        """Change a live object as another field manager would."""
        resource = self.client.discovery.find(api_version, kind)
        self.client.request(
            "PATCH",
            f"{resource.path(self.namespace, name)}?fieldManager={manager}",
            patch,
            content_type="application/merge-patch+json",
        )


def actions(result: dict[str, Any]) -> dict[str, str]:
    """What a result says was done, by name."""
    return {entry["name"]: entry["action"] for entry in result["objects"]}
