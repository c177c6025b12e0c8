"""Requests that are refused, and inference functions that fail, while the server runs."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause
from tritondoctor.support.messages import mark

_HERE = "PyTriton 0.7.0, really asked"
_EXCEPTION = r"(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Iteration|Warning)"
#: as PyTriton's client reports what the server answers
_REFUSED = (
    "pytriton.client.exceptions.PyTritonClientInferenceServerError: Error occurred during inference "
    "request. Message: [request id: 0] "
)
_OF_MODEL = r"for model '(?P<model>[^']+)'"
#: what a program calls, and what it says of arguments that it does not take
_CALLED = (
    r"(?:Triton(?:Base|Config)?|RemoteTriton|ModelConfig|DynamicBatcher|QueuePolicy|ModelWarmup|"
    r"TritonSecurityConfig|\w*ModelClient)"
)
_ARGUMENTS = r"(?:got an unexpected keyword|got multiple values for|missing \d+ required|takes )"

SIGNS = (
    cause(
        "request-refused",
        r"inference request batch-size must be <= (?P<most>\d+) for '(?P<model>[^']+)'",
        _REFUSED + "inference request batch-size must be <= 8 for 'L'", source=_HERE, plain=True,
        why=mark("it has more than {most} rows, the max_batch_size of {model}"),
        fix="Send fewer rows at once, or bind the model with a larger max_batch_size.",
        needles=(b"batch-size must",),
    ),
    cause(
        "request-refused",
        r"inference input '(?P<input>[^']+)' data-type is '(?P<type>\w+)', but model '(?P<model>[^']+)' "
        r"expects '(?P<expected>\w+)'",
        _REFUSED + "inference input 'x' data-type is 'FP64', but model 'L' expects 'FP32'",
        source=_HERE, plain=True, needles=(b"data-type is",),
        why=mark("input {input} is {type}, and {model} takes {expected}"),
        fix="Convert the array before it is sent, such as array.astype(numpy.float32) for FP32.",
    ),
    cause(
        "request-refused",
        r"unexpected shape for input '(?P<input>[^']+)' for model '(?P<model>[^']+)'\. Expected "
        r"(?P<expected>\[[^\]]*\]), got (?P<shape>\[[^\]]*\])",
        _REFUSED + "unexpected shape for input 'x' for model 'L'. Expected [-1,-1], got [1,2,3]. NOTE: "
        "Setting a non-zero max_batch_size", source=_HERE, plain=True, needles=(b"unexpected shape",),
        why=mark("input {input} of {model} has the shape {shape}, expected {expected}"),
        fix="Send the shape that was bound, with the number of rows before it where the model batches: "
        "infer_sample adds that, infer_batch does not.",
    ),
    cause(
        "request-refused",
        r"input byte size mismatch for input '(?P<input>[^']+)' for model '(?P<model>[^']+)'\. Expected "
        r"(?P<expected>\d+), got (?P<sent>\d+)",
        "Error when running inference: [request id: <id_unknown>] input byte size mismatch for input "
        "'x' for model 'ocr_det'. Expected 9043968, got 0", source="server#8372, server#7593", plain=True,
        why=mark("input {input} of {model} needs {expected} bytes, and {sent} were sent"),
        fix="Send as many values as the shape of the input says, in its type. If a model in Python sent "
        "0 bytes, its environment may have NumPy 2: install numpy<2 there.",
        needles=(b"byte size mismatch",),
    ),
    cause(
        "request-refused", rf"unexpected inference input '(?P<input>[^']+)' {_OF_MODEL}",
        "pytriton.client.exceptions.PyTritonClientInferenceServerError: Error occurred during inference "
        "request. Message: unexpected inference input 'y' for model 'L'", source=_HERE, plain=True,
        why=mark("{model} has no input {input}"), needles=(b"inference input",),
        fix="Use the names that were bound, or send the arrays without names, in their order.",
    ),
    cause(
        "request-refused",
        rf"expected \d+ inputs but got \d+ inputs {_OF_MODEL}(?:.*missing required input\(s\) "
        r"(?P<inputs>\[[^\]]*\]))?",
        _REFUSED + "expected 2 inputs but got 1 inputs for model 'Two'. Got input(s) ['a'], but missing "
        "required input(s) ['b']. Please provide all required input(s).", source=_HERE, plain=True,
        why=mark("it lacks inputs of {model}"), fix="Send all inputs that were bound.",
        needles=(b"inputs but got",),
    ),
    cause(
        "request-refused",
        r"input '(?P<input>[^']+)' batch size does not match other inputs for '(?P<model>[^']+)'",
        _REFUSED + "input 'a' batch size does not match other inputs for 'Two'", source=_HERE, plain=True,
        why=mark("input {input} of {model} has another number of rows than the others"),
        fix="Give all inputs the same number of rows.", needles=(b"match other inputs",),
    ),
    cause(
        "request-refused", r"Request for unknown model: '(?P<model>[^']+)'",
        "tritonclient.utils.InferenceServerException: [404] Request for unknown model: 'Nope' is not "
        "found", source="PyTriton 0.7.0, really asked; also pytriton#92", plain=True,
        why=mark("no model {model} is loaded"), needles=(b"unknown model",),
        fix="Use the name that was bound. If it is right, the model was not loaded yet, or its load "
        "failed: the server's log says so.",
    ),
    cause(
        "request-refused", r"Shape does not match true shape of 'data' field",
        '{"error":"Unable to parse \'data\': Shape does not match true shape of \'data\' field"}',
        source=_HERE, plain=True, why=mark("its data have another number of elements than its shape"),
        fix="Make `shape` in the JSON body agree with the nested lists of `data`.",
        needles=(b"true shape",),
    ),
    cause(
        "request-refused",
        r"request specifies invalid shape for input '(?P<input>[^']+)' for (?P<model>\S+?)\. Error",
        "request specifies invalid shape for input 'images' for yolov5x6_tensorrt. Error details: model "
        "expected the shape of dimension 0 to be between 1 and 1 but received 32",
        source="server#4384", plain=True,
        why=mark("input {input} of {model} has a shape that its engine was not built for"),
        fix="Send the shape that the line allows, or build the engine again with a larger profile "
        "(trtexec --minShapes --optShapes --maxShapes).", needles=(b"invalid shape",),
    ),
    cause(
        "request-refused", r"This API is restricted, expecting header 'triton-access-token'",
        "tritonclient.utils.InferenceServerException: [403] This API is restricted, expecting header "
        "'triton-access-token'", source=_HERE, plain=True, needles=(b"API is restricted",),
        why=mark("only PyTriton itself may load and unload models"),
        fix="Bind models in the program that starts PyTriton. The token is triton_access_token in its "
        "TritonConfig.",
    ),
    cause(
        "request-refused",
        r"(?:Unicode inputs are not supported\. Encode numpy array|should contain encoded strings\s).*",
        "RuntimeError: Unicode inputs are not supported. Encode numpy array for 's' input (ex. with "
        "np.char.encode(array, 'utf-8')).", source=_HERE, plain=True,
        why=mark("texts have to be encoded"), needles=(b"nicode inputs", b"encoded strings"),
        fix="Send bytes: numpy.char.encode(array, 'utf-8'), and bind the input with dtype=bytes.",
    ),
    cause(
        "request-refused", r"Use either positional either keyword method arguments convention",
        "pytriton.client.exceptions.PyTritonClientValueError: Use either positional either keyword "
        "method arguments convention", source=_HERE, plain=True, needles=(b"either keyword",),
        why=mark("some inputs have names and some have none"),
        fix="Give all inputs by position, or all by name.",
    ),
    cause(
        "request-refused", r"This protocol is restricted, expecting header",
        "io.grpc.StatusRuntimeException: UNAVAILABLE: This protocol is restricted, expecting header "
        "xxxxx",
        source="server#6970", plain=True, needles=(b"is restricted",),
        why=mark("the server was started with a restricted protocol"),
        fix="Send the header that --grpc-restricted-protocol or --http-restricted-api names.",
    ),
    cause(
        "request-refused", r"Model config is decoupled\. Use DecoupledModelClient",
        "pytriton.client.exceptions.PyTritonClientInferenceServerError: Model config is decoupled. Use "
        "DecoupledModelClient instead.", source="PyTriton 0.4.2, 0.5.5 and 0.7.0 with decoupled=True",
        plain=True, why=mark("the model is decoupled: it may answer several times"),
        fix="Use DecoupledModelClient with grpc://HOST:8001, or bind the model without decoupled=True.",
        needles=(b"is decoupled",),
    ),
    cause(
        "request-refused", r"doesn't support models with decoupled transaction policy",
        "InferenceServerException: [StatusCode.UNIMPLEMENTED] ModelInfer RPC doesn't support models with "
        "decoupled transaction policy", source="lmdeploy#374", plain=True,
        why=mark("the model is decoupled: it may answer several times"),
        fix="Use a stream of gRPC (DecoupledModelClient with grpc://HOST:8001).",
        needles=(b"decoupled transaction",),
    ),
    cause(
        "request-refused", r"input_tensor must be a numpy array|'list' object has no attribute 'dtype'",
        "tritonclient.utils.InferenceServerException: input_tensor must be a numpy array", source=_HERE,
        why=mark("an input is no array of NumPy"), needles=(b"numpy array", b"'dtype'"),
        fix="Convert it before it is sent: numpy.asarray(value, dtype=...), with a first axis for the "
        "rows in infer_batch.",
    ),
    cause(
        "client-address-wrong", r"HTTPParseError: \('Expected HTTP/",
        "_parser.HTTPParseError: ('Expected HTTP/, RTSP/ or ICE/', 8)", source=_HERE, plain=True,
        why=mark("the port speaks another protocol than HTTP"), needles=(b"Expected HTTP/",),
    ),
    cause(
        "client-address-wrong", r"InferenceServerException: url should not include the scheme",
        "tritonclient.utils.InferenceServerException: url should not include the scheme", source=_HERE,
        plain=True, why=mark("tritonclient takes no http://"), needles=(b"the scheme",),
    ),
    cause(
        "client-address-wrong", r"Invalid scheme (?P<scheme>\w+)\. Only grpc and http are supported",
        "ValueError: Invalid scheme https. Only grpc and http are supported.", source=_HERE, plain=True,
        why=mark("PyTriton's clients do not know {scheme}://"), needles=(b"Invalid scheme",),
    ),
    cause(
        "client-address-wrong", r"errors resolving (?P<address>\w+://\S+): .*Misformatted domain name",
        "tritonclient.utils.InferenceServerException: [StatusCode.UNAVAILABLE] errors resolving "
        "grpc://localhost:18101: [field:hostname lookup error:address lookup failed for "
        "grpc://localhost:18101: Misformatted domain name]", source=_HERE, plain=True,
        why=mark("gRPC takes no scheme, and {address} has one"), needles=(b"errors resolving",),
    ),
)  # fmt: skip

CALLS = (
    cause(
        "pytriton-call-refused",
        r"(?P<error>AttributeError: '\w+' object has no attribute '__triton_context__')",
        "AttributeError: 'str' object has no attribute '__triton_context__'", plain=True,
        source="PyTriton 0.4.2, 0.5.5 and 0.7.0 with infer_func=\"double\"", needles=(b"triton_context",),
        fix="infer_func has to be a function or another callable, not its name.",
    ),
    cause(
        "pytriton-call-refused",
        r"(?P<error>\bPyTriton(?:BadParameter|Validation|InvalidOperation|ModelConfig|ClientValue|"
        r"ClientClosed|ClientInvalidUrl|ClientQueueFull|ClientModelDoesntSupportBatching|ClientInvali"
        r"dOperation)Error: .+)",
        "pytriton.exceptions.PyTritonValidationError: Model name can only contain alphanumeric "
        "characters, dots, underscores and dashes", source=_HERE, weak=True, needles=(b"PyTriton",),
    ),
    cause(
        "pytriton-call-refused",
        r"(?:Poll failed for model directory '[^']+'|failed to load '[^']+' version \d+: Invalid "
        r"argument): (?P<error>(?:model(?! '[^']+', tensor| input N)|dynamic batching|ensemble|"
        r"sequence batching|instance group)\b[^\"]+)",
        "E1129 11:45:27.564954 23347 model_repository_manager.cc:1460] \"Poll failed for model "
        "directory 'L': "
        'dynamic batching preferred size must be <= max batch size for L"', plain=True, ends=True,
        source="PyTriton 0.4.2, 0.5.5 and 0.7.0 with such a DynamicBatcher, and with a Tensor of shape "
        "()",
        needles=(b"ailed",),
    ),
    cause(
        "pytriton-call-refused",
        rf"(?P<error>TypeError: {_CALLED}\.\w+\(\) {_ARGUMENTS}.*)",
        "TypeError: ModelConfig.__init__() got an unexpected keyword argument 'max_batchsize'",
        source=_HERE, plain=True, needles=(b"TypeError",),
    ),
    cause(
        "pytriton-call-refused",
        rf"\b(?:{_CALLED}\(|Tensor\([^\n]*\b(?:name|dtype|shape)=)[^\n]*\n(?:[^\n]*[~^]+ "
        rf"*\n)?(?P<error>TypeError: [\w.]+\(\) {_ARGUMENTS}[^\n]*)",
        'File "/srv/server.py", line 2, in <module>\\n    serve(mc=ModelConfig(max_batchsize=8))\\n'
        "TypeError: __init__() got an unexpected keyword argument 'max_batchsize'",
        source="PyTriton 0.4.2 on Python 3.9", whole=True, plain=True, needles=(b"TypeError",),
    ),
)  # fmt: skip

#: whatever an inference function raised: named where no other sign knows the exception
UNKNOWN = (
    cause(
        "inference-function-fails",
        rf'/pytriton/proxy/inference(?:_handler)?\.py\\?", line \d+, in .*\n(?P<error>{_EXCEPTION}'
        r"(?:: [^\n]{0,300}|))\s*(?:\n\s*At:|\Z)",
        'File "/e/site-packages/pytriton/proxy/inference.py", line 85, in _callable\\n    '
        'yield inference_callable(requests)\\n  File "/srv/server.py", line 9, in infer\\n'
        "ValueError: my own model failed",
        source="PyTriton 0.4.2, 0.5.5 and 0.7.0 with functions that raise", whole=True, weak=True,
        needles=(b"/pytriton/proxy/inference",),
    ),
    cause(
        "pytriton-call-refused",
        r'/pytriton/(?:triton|decorators|model_config/\w+|models/\w+|client/client)\.py\\?", line \d+, '
        r'in '
        r"[^\n]*\n(?:(?![ ]*File)[^\n]*\n)*?"
        r"(?P<error>(?:Type|Value|Attribute|Key)Error: [^\n]{1,300})\s*\Z",
        'File "/e/site-packages/pytriton/model_config/generator.py", line 57, in '
        "_convert_dtype_to_triton_dtype\\n    dtype = dtype().dtype\\nTypeError: 'str' object is not "
        "callable",
        source='PyTriton 0.7.0 with Tensor(dtype="float32")', whole=True, weak=True,
        needles=(b"Error: ",),
    ),
)  # fmt: skip
