"""A pod's containers as plain ones of a Docker engine: the same user, mounts, limits and rights.

A field of the manifest that is not carried over raises, but for those that only a scheduler or a device
plug-in reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

import docker
from docker.models.containers import Container
from docker.types import Mount

_LEFT_TO_THE_CLUSTER = {"readinessProbe", "livenessProbe", "ports"}
_UNITS = {"Mi": 1 << 20, "Gi": 1 << 30}
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def bytes_of(quantity: str) -> int:
    """`512Mi` in bytes."""
    return int(quantity[:-2]) * _UNITS[quantity[-2:]]


class Pod:
    """What the containers of a pod share; removed with everything at the end.

    `images`: the manifest's image -> one that the engine has; `files`: a ConfigMap's name -> a folder
    with its files; `account`: the folder of the service account, None where none is to be mounted.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        spec: dict[str, Any],
        images: Mapping[str, str],
        files: Mapping[str, Path],
        account: Optional[Path] = None,
    ) -> None:
        self._client, self._spec, self._images, self._account = client, spec, images, account
        self._files = files
        self._kept = ExitStack()
        self._volumes: dict[str, Any] = {}

    def __enter__(self) -> Pod:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._kept.close()

    def start(self, container: dict[str, Any], variables: Mapping[str, str]) -> Container:
        """Starts a container of the manifest; `variables` are those that the cluster adds."""
        known = {
            "name", "image", "command", "args", "env", "resources", "securityContext", "volumeMounts",
        } | _LEFT_TO_THE_CLUSTER  # fmt: skip
        assert container.keys() <= known, container.keys() - known
        rights = {**self._spec.get("securityContext", {}), **container["securityContext"]}
        made = self._client.containers.create(
            self._images[container["image"]],
            container.get("args", []),
            entrypoint=container.get("command"),
            environment={**variables, **dict(self._variable(one) for one in container.get("env", []))},
            mounts=[self._mount(one) for one in container.get("volumeMounts", [])] + self._own_mounts(),
            network_mode="bridge",
            **_rights(rights),
            **_limits(container["resources"].get("limits", {})),
        )
        self._kept.callback(made.remove, force=True, v=True)
        user = (
            made.attrs["Config"]["User"]
            or self._client.images.get(made.attrs["Image"]).attrs["Config"]["User"]
        )
        # what the kubelet asks before it starts a container
        assert not rights["runAsNonRoot"] or int(user.partition(":")[0]) > 0
        made.start()
        return made

    @staticmethod
    def _variable(one: dict[str, Any]) -> tuple[str, str]:
        if "value" in one:
            return one["name"], one["value"]
        assert one["valueFrom"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}
        return one["name"], "node-1"

    def _own_mounts(self) -> list[Mount]:
        # Docker's file of names stands for the kubelet's; both are there
        if self._account is None:
            return []
        return [Mount(_ACCOUNT, str(self._account), type="bind", read_only=True)]

    def _mount(self, one: dict[str, Any]) -> Mount:
        (volume,) = [each for each in self._spec["volumes"] if each["name"] == one["name"]]
        place, read_only = one["mountPath"], one.get("readOnly", False)
        if "configMap" in volume:
            folder = self._files[volume["configMap"]["name"]]
            return Mount(place, str(folder), type="bind", read_only=True)
        empty = volume["emptyDir"]
        if empty.get("medium") == "Memory":
            return Mount(place, None, type="tmpfs", tmpfs_size=bytes_of(empty["sizeLimit"]))
        return Mount(place, self._empty(one["name"]), type="volume", read_only=read_only)

    def _empty(self, name: str) -> str:
        """A volume that all may write, as the kubelet makes them."""
        if name not in self._volumes:
            made = self._client.volumes.create()
            self._kept.callback(made.remove)
            image = next(iter(self._images.values()))
            self._client.containers.run(
                image, ["0777", "/it"], entrypoint="chmod", user="0", remove=True,
                mounts=[Mount("/it", made.name, type="volume", no_copy=True)],
            )  # fmt: skip
            self._volumes[name] = made.name
        return str(self._volumes[name])


def _rights(context: dict[str, Any]) -> dict[str, Any]:
    known = {
        "runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile", "allowPrivilegeEscalation",
        "readOnlyRootFilesystem", "capabilities",
    }  # fmt: skip
    assert context.keys() <= known, context.keys() - known
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}  # which is Docker's default
    assert context["allowPrivilegeEscalation"] is False
    found: dict[str, Any] = {
        "cap_drop": context["capabilities"]["drop"],
        "security_opt": ["no-new-privileges"],
        "read_only": context.get("readOnlyRootFilesystem", False),
    }
    if "runAsUser" in context:
        found["user"] = f"{context['runAsUser']}:{context.get('runAsGroup', 0)}"
    return found


def _limits(limits: dict[str, Any]) -> dict[str, Any]:
    assert limits.keys() <= {"memory", "nvidia.com/gpu"}
    if "memory" not in limits:
        return {}
    memory = bytes_of(limits["memory"])
    return {"mem_limit": memory, "memswap_limit": memory}
