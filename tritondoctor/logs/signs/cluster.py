"""Kubernetes, Helm and Slurm: a pod or a job that is not placed, not mounted, not described properly."""

from __future__ import annotations

from tritondoctor.logs.signs.model import failure
from tritondoctor.support.messages import mark

SIGNS = (
    failure(
        r"pyxis: .*(?:mkdir: cannot create directory|couldn't mkdir) '?/run/",
        "slurmstepd: error: pyxis:     mkdir: cannot create directory '/run/enroot': Permission denied",
        "enroot may not make its folders on the node. Who runs the cluster sets ENROOT_RUNTIME_PATH in "
        "/etc/enroot/enroot.conf to a folder that users may write to, or makes it in a prolog; for "
        "/run/pyxis the option runtime_path in plugstack.conf.",
        what=mark("enroot may not make its folders on the node"),
        source="pyxis#12, pyxis#4", needles=(b"pyxis: ",),
    ),
    failure(
        r"\[ERROR\] URL \S+ returned error code: (?:401|403|404)",
        "slurmstepd: error: pyxis:     [ERROR] URL https://registry.example/v2/acr.example/app/"
        "manifests/1 returned error code: 401 Unauthorized",
        "The registry does not hand out this image. pyxis and enroot write REGISTRY#IMAGE:TAG, with # "
        "after the registry: with / the image is looked for on Docker Hub. For a login put it into "
        "~/.config/enroot/.credentials.",
        what=mark("The registry does not hand out the image"),
        source="pyxis#168", needles=(b"returned error code",),
    ),
    failure(
        r"Command not found: nvidia-container-cli",
        "slurmstepd: error: pyxis:     [ERROR] Command not found: nvidia-container-cli, see "
        "https://project.example/libnvidia-container",
        "enroot gives the container a GPU with this program, and the node does not have it: install "
        "libnvidia-container-tools on every node. Without a GPU: NVIDIA_VISIBLE_DEVICES=void.",
        what=mark("The node cannot give a GPU to a container"),
        source="pyxis#101", needles=(b"nvidia-container-cli",),
    ),
    failure(
        r"pyxis: seccomp filter failed: Function not implemented",
        "slurmstepd: error: pyxis: seccomp filter failed: Function not implemented",
        "The kernel of the node is older than what pyxis needs. Who runs the cluster can use a newer "
        "kernel, or build pyxis without its filter.",
        what=mark("The kernel of the node is too old for pyxis"),
        source="pyxis#42", needles=(b"seccomp filter",),
    ),
    failure(
        r"CANCELLED AT \S+ DUE TO (?:TIME LIMIT|PREEMPTION|NODE FAILURE)",
        "slurmstepd: error: *** JOB 4242 ON gpu01 CANCELLED AT 2024-03-01T10:00:00 DUE TO TIME LIMIT ***",
        "Slurm ended the job: the end of the line says why. For the time: ask for more (--time); `sinfo "
        "-o '%P %l'` shows the most that each partition gives.",
        what=mark("Slurm ended the job"),
        source="Slurm's own text (slurmstepd)", needles=(b"CANCELLED AT",),
    ),
    failure(
        r"unable to add \S+ to mount list: destination must be an absolute path",
        "FATAL:   container creation failed: unable to add /pool/dir_1/-B to mount list: destination "
        "must be an absolute path",
        "The command line has no folder after --bind (-B), or a variable in it is empty: write "
        "--bind /FOLDER/OF/THE/HOST:/FOLDER/INSIDE.",
        what=mark("Apptainer (Singularity) got a wrong folder to bind"),
        source="cmssw#34547", needles=(b"mount list",),
    ),
    failure(
        r"pyxis: failed to import docker image",
        "slurmstepd: error: pyxis: failed to import docker image",
        "enroot did not get the image. A file has to begin with / or ./, such as ./IMAGE.sqsh: else it "
        "is looked for on Docker Hub. An image of another registry: REGISTRY#IMAGE:TAG.",
        what=mark("enroot did not get the image"), weak=True,
        source="pyxis#127", needles=(b"import docker image",),
    ),
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
