"""What clients, clusters, notebooks and scripts say, as people posted it, much of it in Chinese."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import explain

BESIDE = "failed-beside-pytriton"
#: where it was posted, or what was run -> its essential lines, the finding, a part of the title
POSTED = {
    "Docker-Proxy#80": (
        "root@user:~# docker pull nginx:latest\n"
        'Error response from daemon: Get "https://registry.example/v2/": context deadline exceeded '
        "(Client.Timeout exceeded while awaiting headers)\n配置了镜像加速也不行",
        BESIDE,
        "did not reach the registry",
    ),
    "fnos-apps#198": (
        "n8n failed during pulling: Docker 镜像拉取失败: Error response from daemon: Get "
        '"https://registry.example/v2/": context deadline exceeded\n'
        "请尝试在 Docker 设置中更换镜像加速源后重试",
        BESIDE,
        "did not reach the registry",
    ),
    "Docker's own text": (
        "Error starting userland proxy: listen tcp4 0.0.0.0:8000: bind: address already in use.\n"
        "端口 8000 被占用了，怎么办？",
        "port-in-use",
        "Port 8000",
    ),
    "SWEB#3": (
        "2017-05-25 20:54:28 INFO     server.py:122 starting server at [::]:3280\n"
        "2017-05-25 20:54:28 ERROR    shell.py:50 [Errno 98] Address already in use",
        "port-in-use",
        "Port",
    ),
    "hcgf#12": (
        "出错：UnicodeDecodeError: 'gbk' codec can't decode byte 0x80 in position 68: illegal multibyte "
        "sequence\n我环境是windows",
        BESIDE,
        "another encoding",
    ),
    "pilot#682": (
        "File \"<ipython-input-9-16930b17cc94>\", line 4\n    print(n,'是偶数'）\n                 ^\n"
        "SyntaxError: invalid character in identifier",
        BESIDE,
        "full width",
    ),
    "KMP-Kemono-Downloader#9": (
        "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'",
        BESIDE,
        "newer Python",
    ),
    "docker-library/python#150": (
        "python: can't open file './main.py': [Errno 2] No such file or directory",
        BESIDE,
        "script is not there",
    ),
    "the same in Chinese": (
        "python3: can't open file '/workspace/server.py': [Errno 2] 没有那个文件或目录",
        BESIDE,
        "script is not there",
    ),
    "a shell in Chinese": (
        "[root@node1 ~]# tritonserver --model-repository=/models\n-bash: tritonserver: 未找到命令",
        BESIDE,
        "does not find a program",
    ),
    "cmd.exe in Chinese": (
        "'python' 不是内部或外部命令，也不是可运行的程序\n或批处理文件。",
        BESIDE,
        "does not find a program",
    ),
    "docker-overpass-api#10": (
        'caused "exec: \\"/run.sh\\": permission denied": unknown.',
        BESIDE,
        "may not be executed",
    ),
    "chaoxing#56": ("PermissionError: [WinError 5] 拒绝访问。: 'saves'", BESIDE, "Windows refuses"),
    "server#2748": (
        '{"error":"GRPC Execute Failed, message: Traceback (most recent call last):\\n  File '
        '\\"/tmp/foldermnmGuh/1/model.py\\", line 59, in execute\\n    assert True == '
        'False\\nAssertionError\\n"}',
        BESIDE,
        "failed on a request",
    ),
    "server#5548": (
        "`print(res)` shows `{'error': \"Failed to process the request(s) for model instance "
        "'query_classify_tokenizer_0', message: Exception: err\\n\\nAt:\\n  "
        "/models/query_classify_tokenizer/1/model.py(45): execute\\n\"}`",
        BESIDE,
        "failed on a request",
    ),
    "server#6738": (
        "Traceback (most recent call last):\n"
        '  File "D:\\flower\\client.py", line 28, in <module>\n'
        "    res = test_infer('resnet50', data)\n"
        '  File "C:\\conda\\Lib\\site-packages\\geventhttpclient\\response.py", line 190, in '
        "_read_headers\n"
        "    data = self._sock.recv(self.block_size)\n"
        "TimeoutError: timed out",
        BESIDE,
        "did not answer a client in time",
    ),
    "yolov4-triton-tensorrt#15": (
        "Traceback (most recent call last):\n"
        '  File "client.py", line 120, in <module>\n'
        "    if not triton_client.is_server_live():\n"
        "tritonclient.utils.InferenceServerException: [StatusCode.UNAVAILABLE] failed to connect to all "
        "addresses",
        BESIDE,
        "did not reach its server",
    ),
    "a probe of Kubernetes": (
        'Warning  Unhealthy  2m  kubelet  Readiness probe failed: Get "http://10.244.0.5:8000/v2/health/'
        'ready": dial tcp 10.244.0.5:8000: connect: connection refused',
        BESIDE,
        "No server was listening",
    ),
    "pyxis#168": (
        "slurmstepd: error: pyxis: failed to import docker image\n"
        "slurmstepd: error: pyxis:     [ERROR] URL https://registry.example/v2/acr.example/app/manifests/"
        "1 returned error code: 401 Unauthorized\nslurmstepd: error: pyxis: couldn't start container",
        BESIDE,
        "does not hand out",
    ),
    "pyxis#12": (
        "slurmstepd: error: pyxis: failed to import docker image\n"
        "slurmstepd: error: pyxis:     mkdir: cannot create directory ‘/run/enroot’: Permission denied",
        BESIDE,
        "enroot",
    ),
    "tensorrtllm_backend#66": (
        "failed to load 'tensorrt_llm' version 2: Invalid argument: unable to find "
        "'tensorrtllm/model.py' for model 'tensorrt_llm', in /opt/tritonserver/backends/tensorrtllm",
        BESIDE,
        "does not have the backend",
    ),
    "server#5868": (
        "loading failed with error: version 1 is at UNAVAILABLE state: Internal: OSError: [Errno 28] No "
        "space left on device\nAt:\n  /tmp/env/lib/python3.8/multiprocessing/synchronize.py(61): "
        "__init__",
        "shared-memory-unusable",
        "/dev/shm",
    ),
    "particleflow#371, in a log of GitHub's": (
        "2024-11-11T08:12:13.1234567Z ERROR: Could not install packages due to an OSError: [Errno 28] No "
        "space left on device\n2024-11-11T08:12:14.3334567Z ##[error]Process completed with exit code 1.",
        BESIDE,
        "pip found no room",
    ),
    "EvoBind#10": (
        "FATAL:   While making image from oci registry: Error reading manifest latest in "
        "registry.example/a: manifest unknown: OCI index found, but accept header does not "
        "support OCI indexes",
        BESIDE,
        "too old for the format",
    ),
}  # fmt: skip
_NEEDS_ASCII_QUOTES = {"docker-overpass-api#10", "server#2748", "server#5548"}


def _full_width(text: str) -> str:
    return text.replace(": ", "：").replace("(", "（").replace(")", "）")


FORMS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "GBK": lambda text: text.encode("gb18030"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "full width": lambda text: _full_width(text).encode(),
    "gh run view --log": lambda text: "\n".join(
        f"build\tRun tests\t2024-11-11T08:12:13.123Z {line}" for line in text.split("\n")
    ).encode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", POSTED)
def test_a_posted_failure(name: str, form: str) -> None:
    text, id, title = POSTED[name]
    if form == "full width" and name in _NEEDS_ASCII_QUOTES:
        pytest.skip("a record of JSON is no text any more")
    (cause, *_) = explain(read(io.BytesIO(FORMS[form](text)))).causes
    assert cause.finding.id == id
    assert title in str(cause.finding.title)


REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused\n"


@pytest.mark.parametrize(
    "line",
    [
        "Triton Inference Server exited with failure. Please wait.",
        "E0101 10:00:00.000001 7 server.cc:1] something that nobody knows",
        "RuntimeError: something that nobody knows",
    ],
)
def test_a_weak_failure_is_no_cause_beside_another_line(line: str) -> None:
    assert explain(read(io.BytesIO(f"{REFUSED}{line}\n".encode()))).verdict == "unknown"
    assert explain(read(io.BytesIO(f"{line}\n{REFUSED}".encode()))).verdict == "unknown"


def test_what_is_not_gbk_stays_as_it_is() -> None:
    line = b"libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /w/s)\n"
    quoted = b"\x91version\x92 f\xfcr GLIBCXX \x93not found\x94\n"
    (hit,) = read(io.BytesIO(quoted + line)).hits
    assert hit.seen.id == "libstdcxx-too-old"
    assert hit.seen.line.startswith("libstdc++.so.6")
