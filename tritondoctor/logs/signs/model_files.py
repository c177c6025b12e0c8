"""Files of models that are damaged or not handed out, and backends that a server does not have."""

from __future__ import annotations

from tritondoctor.logs.signs.model import failure
from tritondoctor.support.messages import mark

SIGNS = (
    failure(
        r"Provided JSON could not be parsed as XGBoost m|Ill-formed XGBoost model file|"
        r"Cannot deserialize model from a different version of Treelite",
        "failed to load 'xgboost_regressor' version 1: Unknown: [10:29:44] /rapids_triton/build/_deps/"
        "treelite-src/src/frontend/xgboost_json.cc:539: Provided JSON could not be parsed as XGBoost "
        "model. Parsing error at offset 105127: Terminate parsing due to Handler error.",
        "The FIL backend cannot read this file: another release of XGBoost or Treelite wrote it than the "
        "one in this server (docs/model_support.md of fil_backend lists which fit), or it is a pointer "
        "of Git LFS. Write the model again with a release that fits, or use a newer server.",
        what=mark("The FIL backend cannot read a model's file"),
        source="fil_backend#311, fil_backend#378, fil_backend#161, Morpheus#561",
        needles=(b"XGBoost m", b"version of Treelite"),
    ),
    failure(
        r"Error while deserializing header: HeaderTooLarge|"
        r"UnpicklingError: invalid load key|failed: ?Protobuf parsing failed|INVALID_PROTOBUF|"
        r"Unknown model file format version",
        "safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge",
        "The file is no model, or only a part of one: look at its size and its beginning (head -c 200). "
        "\"version https://git-lfs\" is a pointer of Git LFS: `git lfs install && git lfs pull` brings "
        "the file. Else download it again.",
        what=mark("A model's file is damaged, or is no model"),
        source="MFTCoder#20, OmniParser#34, vllm#1382, commavq#12, Morpheus#1197, Deep-Live-Cam#438",
        needles=(b"deserializing", b"invalid load key", b"rotobuf", b"PROTOBUF", b"file format"),
    ),
    failure(
        r"Cannot access gated repo for url|GatedRepoError|"
        r"40[13] Client Error: \w+ for url: https://huggingface\.co/|"
        r"You must be authenticated to access it",
        "huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-66f4b037)",
        "Hugging Face knows nobody who may read this model: check its name, accept its licence on its "
        "page, and log in where the program runs (`hf auth login`, or `huggingface-cli login`; in a "
        "container the variable HF_TOKEN). An old HF_TOKEN goes before the login.",
        what=mark("Hugging Face does not hand out the model"),
        source="PuLID#97, huggingface_hub#2586, sd-forge-ic-light#13, lemonade#58",
        needles=(b"gated", b"GatedRepo", b"Client Error", b"authenticated"),
    ),
    failure(
        r"unable to find backend library for backend '(?!python')|unexpected platform type \w+ for |"
        r"unable to find 'libtriton_(?!python)\w+\.so'(?: or '[^']+')? for model|"
        r"unable to find '[^']+/model\.py' for model '[^']+', in /opt/tritonserver/backends/|"
        r"failed to stat file /opt/tritonserver/backends/",
        "\"failed to load 'ambernet' version 1: Invalid argument: unable to find backend library for "
        "backend 'onnxruntime', try specifying runtime on the model configuration.\"",
        "This build of Triton does not have the backend that config.pbtxt names. An image with py3 alone "
        "in its tag (24.06-py3) has most of them; those for one purpose (trtllm, pyt, vllm, Jetson) have "
        "few. A name such as ${triton_backend} was never filled in. PyTriton has python only.",
        what=mark("This Triton does not have the backend of a model"),
        source="server#8342, server#7445, server#3965, deepstream_triton_model_deploy#10, "
        "AMDMIGraphX#2411, tensorrtllm_backend#526, tensorrtllm_backend#66, fil_backend#400",
        needles=(b"nable to find", b"platform type", b"failed to stat"),
    ),
    failure(
        r"Cannot recognize storage type for",
        "Exception: Cannot recognize storage type for /mnt/pvc",
        "KServe does not know this kind of storage: storageUri has to begin with pvc://, s3://, gs://, "
        "hf:// or https://.",
        what=mark("KServe cannot fetch the model"),
        source="kserve#1298", needles=(b"recognize storage",),
    ),
    failure(
        r"Cannot run interpreter host\. Errno = 2",
        "E0114 08:07:45.483750 88 python.cc:261] Cannot run interpreter host. Errno = 2",
        "Triton's Python backend starts python3, and it is not there, or not on PATH: install it in the "
        "image (apt-get install python3 python3-pip), with numpy.",
        what=mark("Triton's Python backend finds no python3"),
        source="server#2415, server#2671", needles=(b"interpreter host",),
    ),
)  # fmt: skip
