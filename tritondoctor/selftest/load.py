"""A load generator: `python load.py '{"host": …}'` prints one line of JSON.

Each client is a thread with its own connection and sends one row after another for some seconds.  Answers
in the warm-up part are not counted.  Standard library only.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time

_WARM_UP = 0.2  # part of the time


def _client(order: dict[str, object], until: float, times: list[tuple[float, float]]) -> None:
    connection = http.client.HTTPConnection(str(order["host"]), int(str(order["port"])), timeout=30)
    path = f"/v2/models/{order['model']}/infer"
    tensor = {"name": "INPUT_1", "shape": [1, 2], "datatype": "FP32", "data": [0.5, -0.5]}
    body = json.dumps({"inputs": [tensor]})
    while (began := time.monotonic()) < until:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise SystemExit(f"status {response.status}: {answer[:200]!r}")
        times.append((began, time.monotonic()))


def main() -> None:
    """Run the clients and print how long each request took, in milliseconds."""
    order = json.loads(sys.argv[1])
    seconds = float(order["seconds"])
    began = time.monotonic()
    counted_from = began + seconds * _WARM_UP
    times: list[list[tuple[float, float]]] = [[] for _ in range(order["clients"])]
    threads = [
        threading.Thread(target=_client, args=(order, began + seconds, client_times), daemon=True)
        for client_times in times
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = [pair for client_times in times for pair in client_times if pair[1] >= counted_from]
    lasted = max((end for _, end in counted), default=counted_from) - counted_from
    took = sorted((end - start) * 1000 for start, end in counted)
    print(
        json.dumps({"seconds": lasted, "milliseconds": [round(milliseconds, 3) for milliseconds in took]})
    )


if __name__ == "__main__":
    main()
