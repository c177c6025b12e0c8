"""Faults of requests and of the functions that answer them, where only a log shows them.

PyTriton itself runs when they are met.
"""

from __future__ import annotations

from tritondoctor.checks.only_in_logs import in_logs

INFERENCE_FUNCTION_FAILS = in_logs(
    "inference-function-fails",
    title="PyTriton runs, but an inference function fails: {error}",
    explanation="PyTriton called it for a request, and this exception came out of it or of the look at "
    "what it returned. The request failed; the server goes on.",
    means="An exception of the function's own code, or an answer that differs from what was bound: "
    "another type, shape, name or number of outputs, another number of rows.",
    verified="PyTriton 0.4.2, 0.5.5 and 0.7.0 with 11 such functions, really asked.",
    by_hand="The traceback names the line. With @batch, arguments bear the names of the inputs, and the "
    "function returns a list or a dictionary of arrays, as many rows as came in. To try it without "
    "Triton, call what it calls with the same arrays.",
)
REQUEST_REFUSED = in_logs(
    "request-refused",
    title="PyTriton runs, but a request is refused: {why}",
    explanation="The inference function was not called. Other requests may be right.",
    means="What the client sends does not fit what was bound: the name of the model, names, types and "
    "shapes of the inputs, the number of rows.",
    verified="PyTriton 0.7.0 with 14 such requests over HTTP and gRPC.",
    by_hand="Compare with the model: curl http://HOST:8000/v2/models/MODEL/config",
)
CLIENT_ADDRESS_WRONG = in_logs(
    "client-address-wrong",
    title="A client's address does not fit the server: {why}",
    explanation="The request did not reach PyTriton's server.",
    means="HTTP and gRPC have a port each: 8000 and 8001 by default. PyTriton's clients take "
    "http://HOST:8000 or grpc://HOST:8001; tritonclient takes HOST:PORT.",
    verified="PyTriton 0.7.0, asked through exchanged ports and with such addresses.",
    by_hand="Use http://HOST:8000 or grpc://HOST:8001 in PyTriton's clients, and HOST:8000 or HOST:8001 "
    "in tritonclient's http and grpc ones.",
)
PYTRITON_CALL_REFUSED = in_logs(
    "pytriton-call-refused",
    title="PyTriton does not take what the program gives it: {error}",
    explanation="The program called PyTriton in another way than it can be called, and this exception "
    "came out. The environment is not at fault.",
    means="An argument that this release does not know, a value that it does not take, or a client that "
    "is used where it cannot be.",
    verified="PyTriton 0.4.2, 0.5.5 and 0.7.0 with 11 such programs.",
    by_hand="The traceback names the line of the program: the last one before PyTriton's own files. "
    "Compare it with help(Triton.bind), help(ModelConfig), help(Tensor) of the installed release.",
)

RULES = (INFERENCE_FUNCTION_FAILS, REQUEST_REFUSED, CLIENT_ADDRESS_WRONG, PYTRITON_CALL_REFUSED)
