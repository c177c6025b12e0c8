"""Model repositories, models of other backends, and clients of Triton: what fails there beyond "
"PyTriton."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, failure
from tritondoctor.support.messages import mark

_MEMORY = mark("the workers of a PyTorch program need much more")

SIGNS = (
    failure(
        r"Error parsing text-format inference\.ModelConfig|failed to read text proto from",
        "Error parsing text-format inference.ModelConfig: 29:17: Expected integer, got: $",
        "A config.pbtxt is not valid; the numbers are its line and column. `$...` there is a placeholder "
        "that was not filled.",
        what=mark("A config.pbtxt is not valid"),
        source="server#6813", needles=(b"text-format", b"text proto"),
    ),
    failure(
        r"Poll failed .*failed to open text file for read (?P<path>\S+config\.pbtxt)",
        "E0608 21:12:28.408634 1 model_repository_manager.cc:2063] Poll failed for model directory "
        "'1654584802': failed to open text file for read /models/1654584802/config.pbtxt: No such file "
        "or "
        "directory", "A folder in the model repository has no config.pbtxt. A repository holds a folder "
        "for each model: REPOSITORY/MODEL/config.pbtxt and REPOSITORY/MODEL/1/.",
        what=mark("A model has no config.pbtxt"),
        source="server#4488",
        needles=(b"text file",),
    ),
    failure(
        r"specifies invalid or unsupported (?i:gpu) id|has kind KIND_GPU but no GPUs are available|"
        r"backend supports only GPU device|GPU instances not supported",
        "instance group 124M2_1 of model 124M2 specifies invalid or unsupported gpu id 1. GPUs with at "
        "least the minimum required CUDA compute compatibility of 6.000000 are: 0",
        "The model's configuration asks for a GPU that the server does not see: correct instance_group "
        "(kind, gpus) in its config.pbtxt, or give the server the GPU.",
        what=mark("The server does not see the GPU that a model asks for"),
        source="server#2584, core#233, server#4696, server#6588",
        needles=(b"or unsupported", b"KIND_GPU", b"GPU device", b"GPU instances"),
    ),
    failure(
        r"the model expects \d+ dimensions .*but the model configuration specifies|"
        r"model input NHWC/NCHW require",
        "failed to load 'centerface' version 1: Invalid argument: model 'centerface', tensor '537': the "
        "model expects 4 dimensions (shape [1,1,-1,-1]) but the model configuration specifies 4 "
        "dimensions (shape [1,1,120,160])",
        "config.pbtxt does not fit the model: correct the dims of that tensor. With a max_batch_size "
        "above 0 leave the first dimension, the batch, out of dims.",
        what=mark("A config.pbtxt does not fit its model"),
        source="deepstream_triton_model_deploy#11, transformer-deploy#47, server#4815",
        needles=(b"model expects", b"require 3 dims"),
    ),
    failure(
        r"unable to find '(?P<file>[^']+)' for model",
        "failed to load 'cub200_resnet34' version 1: Unavailable: unable to find "
        "'/models/cub200_resnet34/1/model.pt' for model instance 'cub200_resnet34'",
        "The model's file is not there, or has another name: put it into the folder of its version under "
        "the name that the line tells, or name it in config.pbtxt (default_model_filename).",
        what=mark("A model's file is missing"),
        source="clearml-serving#3", needles=(b"unable to find",),
    ),
    failure(
        r"engine plan file is not compatible with this version of TensorRT|"
        r"Version tag does not match\. Note: Current Version",
        "The engine plan file is not compatible with this version of TensorRT, expecting library version "
        "8.2.3 got 8.2.1, please rebuild.",
        "An engine works only with the TensorRT that built it: build it again with this one's version "
        "(trtexec), or use the image that it was built in.",
        what=mark("A TensorRT engine is of another version of TensorRT"),
        source="InsightFace-REST#84, server#317, feature-detection-matching-algorithm#12",
        needles=(b"plan file", b"Version tag"),
    ),
    failure(
        r"Failed to give (?:execute|execution) permission to triton_python_backend_stub"
        r"(?! in \S*/pytriton/)|"
        r"(?<!/backends/python)/triton_python_backend_stub: (?:cannot execute|Permission denied|"
        r"Operation not permitted)",
        "Internal: Failed to give execute permission to triton_python_backend_stub in /opt/ml/model/"
        "ocp-0/triton_python_backend_stub ocp-0 Error No.: -1;",
        "The stub in the model's folder has no execute permission, and Triton may not set it: the folder "
        "is read-only, or belongs to another user. Set it where the file comes from (chmod 755; a copy "
        "through S3 loses it). Or remove the stub from there: Triton has its own.",
        what=mark("Triton may not execute a model's stub"),
        source="server#5819, server#3445, server#3608, server#8162, server#4374, server#3227",
        needles=(b"xecut", b"backend_stub"),
    ),
    failure(
        r"Magic tag does not match|header\.magicTag ?== ?rt::kPLAN_MAGIC_TAG failed|"
        r"Serialization Error in (?:readExternal|verifyHeader)",
        "ERROR: 1: [stdArchiveReader.cpp::StdArchiveReader::30] Error Code 1: Serialization "
        "(Serialization assertion magicTagRead == kMAGIC_TAG failed.Magic tag does not match)",
        "TensorRT cannot read this file as an engine: another version of TensorRT built it, or it is no "
        "engine (an .onnx file, half a download, a pointer of Git LFS). Build it again here, with "
        "trtexec of the same TensorRT that loads it.",
        what=mark("TensorRT cannot read an engine"),
        source="tensorrt-insight#65, YOLOv8-ROS-TensorRT#13, mmdeploy#2639, server#2307",
        needles=(b"agic", b"Serialization Error"),
    ),
    failure(
        r"modelInstanceState: \[json\.exception\.\w+\.\d+\]|"
        r"error in forward function: Input tensor '\w+' not found",
        "unexpected error when creating modelInstanceState: [json.exception.out_of_range.403] key "
        "'use_context_fmha_for_generation' not found",
        "The engine, or the config.json beside it, does not have what this TensorRT-LLM looks for: "
        "another release built it. Build it again with the release in this image (tritonserver "
        "YY.MM-trtllm-python-py3), or use the image of the release that built it.",
        what=mark("A TensorRT-LLM engine is of another release"),
        source="TensorRT-LLM#1803, tensorrtllm_backend#215",
        needles=(b"json.exception", b"forward function"),
    ),
    failure(
        r"\bTypeError: \w+\(\) got an unexpected keyword.*/backends/vllm/model\.py",
        "pb_stub.cc:388] \"Failed to initialize Python stub: TypeError: build_engine() got an unexpected "
        "keyword argument 'stat_loggers'\\n\\nAt:\\n  /opt/tritonserver/backends/vllm/model.py(301): "
        "_run_llm_engine\\n",
        "Triton's vLLM backend and the package vllm are of different releases. Use the image "
        "(tritonserver YY.MM-vllm-python-py3) with the vllm that is in it.",
        what=mark("Triton's vLLM backend does not fit this vLLM"), whole=True,
        source="server#8578", needles=(b"unexpected keyword",),
    ),
    failure(
        r"onnx runtime error 2: not enough space: expected \d+, got 0\b",
        "[StatusCode.INTERNAL] in ensemble 'pipeline', onnx runtime error 2: not enough space: expected "
        "1048576, got 0",
        "The model before this one, in Python, handed over nothing: its environment has NumPy 2, which "
        "that release of Triton's Python backend does not know. Install numpy<2 there, or use a newer "
        "server.",
        what=mark("A model in Python handed over an empty tensor"),
        source="server#7593", needles=(b"not enough space",),
    ),
    failure(
        r"configuration specified max-batch \d+ but TensorRT engine only supports max-batch \d+",
        "UNAVAILABLE: Internal: autofill failed for model 'yolov5': configuration specified max-batch "
        "128 but TensorRT engine only supports max-batch 1",
        "The engine was built for smaller batches: write that number as max_batch_size into "
        "config.pbtxt, or build the engine with a larger one (trtexec --maxShapes=INPUT:128x...).",
        what=mark("A config.pbtxt does not fit its model"),
        source="server#4384", needles=(b"max-batch",),
    ),
    cause(
        "shared-memory-unusable", r"/multiprocessing/synchronize\.py\(\d+\): __init__",
        "  /tmp/python_env_83tkOi/0/lib/python3.8/multiprocessing/synchronize.py(61): __init__",
        source="server#5868, seldon-core#4871", needed="5 MB",
        why=mark("Python could not make a lock there"), needles=(b"synchronize.py(",),
    ),
    failure(
        r"Unsupported model IR version",
        "onnx runtime error 1: Load model from /models/m/1/model.onnx failed: Unsupported model IR "
        "version: 10, max supported IR version: 9",
        "The ONNX file is newer than this server's ONNX Runtime: export it with an older ir_version or "
        "opset, or use a newer server.",
        what=mark("An ONNX file is newer than ONNX Runtime"),
        source="server#8001", needles=(b"IR version",),
    ),
    failure(
        r"Unknown builtin op: (?P<op>[\w:]+)", "Unknown builtin op: torchvision::nms.",
        "The TorchScript file uses operations of another library, which has to be loaded first: import "
        "it (torchvision) where the model is loaded.",
        what=mark("A TorchScript file needs another library"),
        source="pytorch#57716", needles=(b"builtin op",),
    ),
    failure(
        r"canonical path for \$\$TRITON_MODEL_DIRECTORY",
        "UNAVAILABLE: Internal: Failed to get the canonical path for $$TRITON_MODEL_DIRECTORY/model1/"
        "python-3-8.tar.gz.", "Triton knows $$TRITON_MODEL_DIRECTORY since 21.09: write the whole path, "
        "or use a newer server.",
        what=mark("This Triton does not know $$TRITON_MODEL_DIRECTORY"),
        source="server#3480", needles=(b"canonical path",),
    ),
    failure(
        r"ensemble \S+ contains models that are not available|for ensemble '[^']+' is not written|"
        r"unexpected platform type ensemble",
        "E0712 13:09:16.608702 1 model_repository_manager.cc:1551] Invalid argument: ensemble test "
        "contains models that are not available: resize",
        "The ensemble's configuration does not fit its models: each has to be loaded, and each output "
        "has to be written by a step.",
        what=mark("An ensemble does not fit its models"),
        source="server#4630, FasterTransformer backend#144, server#2917",
        needles=(b"ensemble",),
    ),
    failure(
        r"model not found in any model repository",
        "E0817 19:18:51.786824 2997733 model_repository_manager.cc:1265] failed to poll model 'dne': "
        "model not found in any model repository.",
        "The server was told to load a model that its repository does not have: check its name, and the "
        "path of the repository.",
        what=mark("The server was told to load a model that is not there"),
        source="core#244", needles=(b"model repository",),
    ),
    failure(
        r"Use of '--load-model' requires setting '--model-control-mode=explicit'|"
        r"explicit model load / unload is not allowed if polling is enabled",
        "Error: Use of '--load-model' requires setting '--model-control-mode=explicit' as well.",
        "tritonserver loads single models only with --model-control-mode=explicit.",
        what=mark("tritonserver's options do not fit each other"),
        source="server#7259, Merlin#71", needles=(b"--load-model", b"if polling"),
    ),
    cause(
        "setting-invalid", r"tritonserver: unrecognized option '(?P<variable>[^'=]+)",
        "tritonserver: unrecognized option '--t_exit_on_error=True'", plain=True, ends=True,
        source="clearml-serving#88", why="tritonserver has no such option.",
        fix="Correct the option: `tritonserver --help` lists them.", needles=(b"unrecognized option",),
    ),
    cause(
        "shared-memory-unusable",
        r"(?:multiprocessing/synchronize\.py|SemLock\().*\n[^\n]*\b(?:OS|Permission|FileNotFound)Error: "
        r"\[Errno (?:2|13|28|38)\] (?P<why>[^\n]+?)\s*\Z",
        '  File "/usr/lib/python3.8/multiprocessing/synchronize.py", line 57, in __init__\\n    sl = '
        "self._semlock = _multiprocessing.SemLock(\\nOSError: [Errno 28] No space left on device",
        source="cpython#93253, Sandbox.jl#16, proot#79", plain=True, whole=True, needed="5 MB",
        needles=(b"Errno ",),
    ),
    cause(
        "shared-memory-unusable", r"might be caused by insufficient shared memory \(shm\)",
        "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared "
        "memory (shm).", source="pipedream#28", plain=True, needed="5 MB",
        why=_MEMORY, needles=(b"insufficient shared",),
    ),
    failure(
        r"greenlet\.error: [Cc]annot switch to a different thread",
        "greenlet.error: cannot switch to a different thread (which happens to have exited)",
        "tritonclient.http (gevent) was used from several threads: give each thread a client of its own.",
        what=mark("A client was used from several threads"),
        source="server#6650", needles=(b"greenlet",),
    ),
    failure(
        r"Received message larger than max \(\d+ vs\. \d+\)",
        "tritonclient.utils.InferenceServerException: [StatusCode.RESOURCE_EXHAUSTED] Received message "
        "larger than max (33816626 vs. 4194304)",
        "The message is larger than gRPC's limit of the receiver: create the client with a larger "
        "grpc.max_receive_message_length (channel_args), or send less at once.",
        what=mark("A message is larger than gRPC allows"),
        source="server#1776, server#4972", needles=(b"larger than max",),
    ),
    failure(
        r"StatusCode\.DEADLINE_EXCEEDED|Request timeout expired",
        "tritonclient.utils.InferenceServerException: [StatusCode.DEADLINE_EXCEEDED] Deadline Exceeded",
        "A request took longer than its client waits, or longer than the queue's policy allows: give it "
        "a longer timeout, or less work to the server.",
        what=mark("A request took longer than it may"),
        source="server#5348",
        needles=(b"DEADLINE", b"timeout expired"),
    ),
    failure(
        r"Unable to open shared memory region",
        "tritonclient.utils.InferenceServerException: [StatusCode.INTERNAL] Unable to open shared memory "
        "region: '/output_simple'", "Client and server do not share /dev/shm: start the container with "
        "--ipc=host, or send the data without shared memory.",
        what=mark("Client and server do not share memory"),
        source="client#710, server#6125",
        needles=(b"memory region",),
    ),
    failure(
        r"TypeError: exec\(\): incompatible function arguments",
        "message: TypeError: exec(): incompatible function arguments. The following argument types are "
        "supported:", "A model in Python calls another one with arguments that this server's release "
        "does not know.",
        what=mark("A model calls another one in a way that this server does not know"),
        source="server#5665",
        needles=(b"function arguments",),
    ),
    failure(
        r"(?:\bloads?|find_class)\([^\n]*\n(?:\s*[~^]+\n)?ModuleNotFoundError: No module named "
        r"'numpy\._core",
        '  File "vis.py", line 279, in process\\n    results = pickle.load(f)\\nModuleNotFoundError: No '
        'module '
        "named 'numpy._core'",
        "A file (pickle, joblib) was written with NumPy 2, and this is NumPy 1, which PyTriton needs. "
        "Write "
        "the file again with numpy<2.",
        what=mark("A file was written with NumPy 2"),
        source="SignAvatars#15", whole=True, needles=(b"No module",),
    ),
    failure(
        r"RuntimeError: Numpy is not available", "RuntimeError: Numpy is not available",
        "This PyTorch was built for NumPy 1 and finds NumPy 2, or none: pip install 'numpy<2', which "
        "PyTriton needs, too.",
        what=mark("PyTorch does not find a NumPy that fits"),
        source="pyvital#2", needles=(b"Numpy is not",),
    ),
    failure(
        r"ValueError: signal only works in main thread",
        "ValueError: signal only works in main thread of the main interpreter",
        "Python lets only the main thread set handlers of signals: create and serve Triton there.",
        what=mark("PyTriton was not started in the main thread"),
        source="gsd#257", needles=(b"signal only",),
    ),
    failure(
        r"There was a problem when trying to write in your cache folder",
        "There was a problem when trying to write in your cache folder "
        "(/home/triton-server/.cache/huggingface/hub). You should set the environment variable "
        "TRANSFORMERS_CACHE to a writable directory.",
        "Hugging Face's libraries may not write to their cache: set HF_HOME to a folder that this user "
        "may write to.",
        what=mark("Hugging Face's libraries may not write to their cache"),
        source="server#7015", needles=(b"cache folder",),
    ),
    failure(
        r"pkgutil' has no attribute 'ImpImporter'",
        "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?",
        "pip, setuptools or a package's build is too old for Python 3.12 and later: pip install -U pip "
        "setuptools, and a newer release of the package; or use Python 3.11.",
        what=mark("A package is too old for this Python"),
        source="pip#12629, pip#12416", needles=(b"ImpImporter",),
    ),
)  # fmt: skip
