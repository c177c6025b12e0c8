"""Clients that ask Linear one request after the other: `load.py PORT CLIENTS [mixed]`.

`mixed`: each client sends another shape.  Standard library only.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading

PORT, CLIENTS = int(sys.argv[1]), int(sys.argv[2])
MIXED = sys.argv[3:] == ["mixed"]


def _client(number: int) -> None:
    width = number + 1 if MIXED else 1
    tensor = {"name": "x", "shape": [1, width], "datatype": "FP32", "data": [1.0] * width}
    body = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}})
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    while True:
        try:
            connection.request(
                "POST", "/v2/models/Linear/infer", body, {"Content-Type": "application/json"}
            )
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection.close()


for number in range(CLIENTS):
    threading.Thread(target=_client, args=(number,), daemon=True).start()
threading.Event().wait()
