# mypy: ignore-errors
"""A gRPC connection for the load generator, with tritonclient; runs in the target.  Python 3.8 syntax."""

import base64
import json

import tritonclient.grpc as grpc_client
from tritonclient.utils import InferenceServerException, triton_to_np_dtype


class Connection:
    """Sends the same requests as over HTTP, in turn."""

    def __init__(self, server, model, number):
        self._client = grpc_client.InferenceServerClient(f"{server['host']}:{server['port']}")
        self._model, self._patience, self._next = model, server["patience"], number
        self._rows = [_inputs(body) for body in server["bodies"]]

    def send(self):
        inputs = self._rows[self._next % len(self._rows)]
        self._next += 1
        try:
            self._client.infer(self._model, inputs, client_timeout=self._patience)
        except InferenceServerException as failure:
            import __main__

            raise __main__.Failed(str(failure.message())) from None


def _inputs(body):
    """The tensors of a request in Triton's binary form."""
    import numpy as np
    from tritonclient.utils import deserialize_bytes_tensor

    content = base64.b64decode(body["body"])
    at = int(body["headers"]["Inference-Header-Content-Length"])
    inputs = []
    for head in json.loads(content[:at])["inputs"]:
        size = head["parameters"]["binary_data_size"]
        piece, at = content[at : at + size], at + size
        if head["datatype"] == "BYTES":
            array = deserialize_bytes_tensor(piece)
        else:
            array = np.frombuffer(piece, dtype=triton_to_np_dtype(head["datatype"]))
        tensor = grpc_client.InferInput(head["name"], head["shape"], head["datatype"])
        tensor.set_data_from_numpy(array.reshape(head["shape"]))
        inputs.append(tensor)
    return inputs
