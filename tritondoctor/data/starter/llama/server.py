"""A language model that streams its answer, served by Triton.

Run it in the environment that `tritondoctor install llama-cpu` made:

    python server.py [--model random|smollm2|FOLDER] [--device cpu|cuda] [--port 8000]

It serves until Ctrl-C; client.py asks it, and so does curl (README.md).
"""

import argparse
import asyncio

import numpy as np
from model import Llama
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


def streaming(llama: Llama):
    """The asynchronous generator that PyTriton calls: computing goes to a thread, token by token."""

    async def stream(requests: list):
        (request,) = requests  # batching is off: one request a call
        prompt = request["prompt"][0].decode("utf-8")
        most = int(request["most"][0]) if "most" in request else 64
        pieces, end = llama.pieces(prompt, most), object()
        loop = asyncio.get_running_loop()
        while True:
            piece = await loop.run_in_executor(None, next, pieces, end)
            if piece is end:
                return
            yield [{"piece": np.array([piece.encode("utf-8")], dtype=bytes)}]

    return stream


def bind(triton: Triton, llama: Llama) -> None:
    triton.bind(
        model_name="Llama",
        infer_func=streaming(llama),
        inputs=[
            Tensor(name="prompt", dtype=bytes, shape=(1,)),
            Tensor(name="most", dtype=np.int32, shape=(1,), optional=True),
        ],
        outputs=[Tensor(name="piece", dtype=bytes, shape=(1,))],
        config=ModelConfig(batching=False, decoupled=True),
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--model", default="smollm2", help="random, smollm2, or a folder with weights")
    options.add_argument(
        "--device", default="auto", help="cpu or cuda; default: cuda where it can be used"
    )
    options.add_argument("--port", type=int, default=8000, help="of HTTP; gRPC and metrics take the next")
    given = options.parse_args()
    model = Llama(given.model, given.device)
    port = given.port
    ports = TritonConfig(http_port=port, grpc_port=port + 1, metrics_port=port + 2)
    with Triton(config=ports) as triton:
        bind(triton, model)
        triton.serve()
