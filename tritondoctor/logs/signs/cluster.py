"""Kubernetes, Helm and Slurm: a pod or a job that is not placed, not mounted, not described properly."""

from __future__ import annotations

from tritondoctor.logs.signs.model import failure
from tritondoctor.support.messages import mark

SIGNS = (
    failure(
        r"(?:sbatch|srun|salloc): error: (?:Batch job submission failed|"
        r"Unable to (?:create step|allocate resources)|.*(?:invalid|exceeds))",
        "sbatch: error: Batch job submission failed: Invalid account or account/partition combination "
        "specified", "The end of the line says why. Account or partition: `sacctmgr show assoc "
        "user=$USER` lists yours. GPUs (gres): `sinfo -o '%P %G %l'` lists them and the longest time of "
        "each partition.",
        what=mark("Slurm does not take the job"),
        source="ArjunaUsers#17, waveorder#201, cactus#124", needles=(b": error: ",),
    ),
    failure(
        r"nodes are available: (?!.*Insufficient nvidia\.com/).*(?:taint|affinity|selector|Insufficient|"
        r"unschedulable|volume)",
        "Warning  FailedScheduling  3m5s  default-scheduler  0/1 nodes are available: 1 node(s) had "
        "untolerated taint {gpu: }. preemption: 0/1 nodes are available",
        "Kubernetes finds no node for the pod; the line counts the reasons. A taint: give the pod a "
        "toleration for it. Affinity or selector: give a node that label. Insufficient cpu or memory: "
        "ask for less. `kubectl describe node` shows what the nodes have.",
        what=mark("Kubernetes finds no node for the pod"),
        source="k8s-device-plugin#421, kubernetes#76035, kubernetes#130427",
        needles=(b"nodes are available",),
    ),
    failure(
        r"Unable to (?:attach or )?mount volumes(?: for pod)?\b|MountVolume\.\w+ failed for volume|"
        r"persistentvolumeclaim \"[^\"]+\" not found|pod has unbound immediate PersistentVolumeClaims",
        "Warning FailedMount Unable to mount volumes for pod \"server-frqrc\": timeout expired waiting "
        "for volumes to attach/mount",
        "Kubernetes cannot mount a volume of the pod, so the pod does not start. `kubectl get pvc` tells "
        "whether the claim is bound; the end of the line, or a later event, says what the storage lacks.",
        what=mark("Kubernetes cannot mount a volume of the pod"),
        source="kubernetes#53062, minio/operator#1119, trident#66",
        needles=(b"mount volumes", b"MountVolume", b"persistentvolume", b"PersistentVolume"),
    ),
    failure(
        r"error validating data: |unable to build kubernetes objects|"
        r"unknown field \"[^\"]+\" in io\.k8s|no matches for kind \"",
        "Error: unable to build kubernetes objects from release manifest: error validating \"\": error "
        "validating data: ValidationError(Deployment.spec.template.spec.containers[0].securityContext): "
        "unknown field \"fsGroup\" in io.k8s.api.core.v1.SecurityContext",
        "The chart does not fit this Kubernetes: the line names the field or the kind that it does not "
        "know. Use a newer chart, or correct the field in its template.",
        what=mark("The chart does not fit this Kubernetes"),
        source="server#1835",
        needles=(b"validating data", b"kubernetes objects", b"unknown field", b"matches for kind"),
    ),
)  # fmt: skip
