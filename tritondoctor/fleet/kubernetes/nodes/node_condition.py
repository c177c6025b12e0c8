#!/usr/bin/env python3
"""Tells Kubernetes what `tritondoctor check` says on a node: as the node's condition PyTritonProblem.

    node_condition.py [OPTION OF check ...]

Runs in a pod whose image holds PyTriton and the doctor, with the standard library alone.  The check is
repeated every INTERVAL_S seconds; each time the condition is patched (its only request: patch of
nodes/status).  Where its status or reason is new, a line is printed, the host record that
`tritondoctor fleet report -` reads.  NODE_NAME and ROLE name the node and the group of nodes that ought
to be alike.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any, Optional

TYPE = "PyTritonProblem"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
#: far above what a check takes, even on an overloaded node
CHECK_DEADLINE_S = 120.0
API_DEADLINE_S = 30.0


def examined(options: list[str]) -> dict[str, Any]:
    """Run a check; return its host record."""
    began = time.monotonic()
    report, output = None, ""
    try:
        done = subprocess.run(
            ["tritondoctor", "check", "--json", *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="backslashreplace",
            timeout=CHECK_DEADLINE_S, check=False,
        )  # fmt: skip
        output = done.stderr.strip()
        # exit codes 2 and 3 say nothing about the node
        report = json.loads(done.stdout) if done.returncode in (0, 1) else None
        answer = "report" if report else "failed"
    except subprocess.TimeoutExpired:
        answer, output = "timed-out", f"no answer in {CHECK_DEADLINE_S:g} s"
    except (OSError, ValueError) as failure:
        answer, output = "failed", str(failure)
    return {
        "schema": "tritondoctor.host/1", "host": os.environ["NODE_NAME"],
        "role": os.environ.get("ROLE") or None, "answer": answer, "said": output,
        "seconds": round(time.monotonic() - began, 3), "report": report,
    }  # fmt: skip


def judged(record: dict[str, Any]) -> tuple[str, str, str]:
    """Return status, reason and message of the condition."""
    report: Optional[dict[str, Any]] = record["report"]
    if report is None:
        return "Unknown", "CheckFailed", record["said"] or record["answer"]
    errors = [finding for finding in report["findings"] if finding["severity"] == "error"]
    if not errors:
        return "False", "PyTritonStarts", f"PyTriton {report['target']['pytriton']} will start and answer"
    reason = "".join(word.capitalize() for word in errors[0]["id"].split("-"))
    return "True", reason, "; ".join(f"{finding['title']} ({finding['id']})" for finding in errors)


def patch(node: str, condition: dict[str, str]) -> None:
    """Merge a condition into the node's status.  Raises OSError if that is refused."""
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    address = f"[{host}]" if ":" in host else host
    with open(f"{ACCOUNT}/token", encoding="ascii") as file:  # it is renewed from time to time
        token = file.read().strip()
    request = urllib.request.Request(
        f"https://{address}:{os.environ['KUBERNETES_SERVICE_PORT']}/api/v1/nodes/{node}/status",
        json.dumps({"status": {"conditions": [condition]}}).encode(),
        {
            "Authorization": f"Bearer {token}", "Accept": "application/json",
            "Content-Type": "application/strategic-merge-patch+json",
        },
        method="PATCH",
    )  # fmt: skip
    trusted = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    try:
        # there is no proxy between a pod and its API server
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )
        opener.open(request, timeout=API_DEADLINE_S).close()
    except urllib.error.HTTPError as refusal:
        body = refusal.read().decode(errors="replace")
        try:
            body = json.loads(body)["message"]
        except (ValueError, KeyError, TypeError):
            pass
        raise OSError(f"{refusal.code} {refusal.reason}: {body}") from None


def main() -> None:
    """Check and report the condition, until terminated."""
    # the kernel ignores SIGTERM for a container's first process if it has no handler
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    interval = float(os.environ.get("INTERVAL_S", "300"))
    printed, since = ("", ""), ""
    while True:
        record = examined(sys.argv[1:])
        status, reason, message = judged(record)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if status != printed[0]:
            since = now
        if (status, reason) != printed:
            printed = (status, reason)
            print(json.dumps(record), flush=True)  # a report is large: not each time
        condition = {
            "type": TYPE, "status": status, "reason": reason, "message": message[:1024],
            "lastHeartbeatTime": now, "lastTransitionTime": since,
        }  # fmt: skip
        try:
            patch(record["host"], condition)
        except OSError as failure:
            sys.stderr.write(f"The condition was not written: {failure}\n")
        time.sleep(interval)


if __name__ == "__main__":
    main()
