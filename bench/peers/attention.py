"""The peers of bench/src/attention.ts: causal documents of one length in PyTorch, in three forms.

batch: scaled_dot_product_attention with the documents on a batch axis · mask: the same over the packed sequence with a dense mask
· flex: flex_attention, compiled, with a block mask of documents (on CPUs it has no backward pass).
Reads one JSON object a line, answers with one: {"form", "backward", "warmUpSeconds"?} -> {"milliseconds"} (null where the form
does not run) | {"version": true} -> {"version"}.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch.nn.attention.flex_attention import create_block_mask, flex_attention


class Forms:
    def __init__(self, documents, length, heads, head_dim, precision):
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self.tokens, self.documents, self.length = documents * length, documents, length

        def operands(batch, tokens):
            return [torch.randn(batch, heads, tokens, head_dim, dtype=dtype, requires_grad=True) for _ in range(3)]

        self.batched, self.packed = operands(documents, length), operands(1, self.tokens)
        self.mask = self.block_mask = self.compiled = None

    def batch(self):
        return self.batched, F.scaled_dot_product_attention(*self.batched, is_causal=True)

    def dense(self):
        if self.mask is None:
            document = torch.arange(self.tokens) // self.length
            self.mask = (document[:, None] == document).tril()
        return self.packed, F.scaled_dot_product_attention(*self.packed, attn_mask=self.mask)

    def flex(self):
        if self.compiled is None:

            def visible(batch, head, query, key):
                return (query // self.length == key // self.length) & (key <= query)

            self.block_mask = create_block_mask(visible, None, None, self.tokens, self.tokens, device=torch.get_default_device())
            self.compiled = torch.compile(flex_attention)
        return self.packed, self.compiled(*(t.detach() for t in self.packed), block_mask=self.block_mask)


def milliseconds(form, backward):
    start = time.perf_counter()
    with torch.set_grad_enabled(backward):
        operands, y = form()
    if backward:
        y.backward(torch.ones_like(y))
        for operand in operands:
            operand.grad = None
    if y.is_cuda:
        torch.cuda.synchronize()
    return (time.perf_counter() - start) * 1000


def answer_to(question, forms):
    if "version" in question:
        return {"version": torch.__version__}
    form = {"batch": forms.batch, "mask": forms.dense, "flex": forms.flex}[question["form"]]
    try:
        start = time.perf_counter()
        while time.perf_counter() - start < question.get("warmUpSeconds", 0):
            milliseconds(form, question["backward"])
        return {"milliseconds": milliseconds(form, question["backward"])}
    except (RuntimeError, NotImplementedError):
        return {"milliseconds": None}


def main():
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    torch.set_default_device(options["device"])
    forms = Forms(*(options[name] for name in ("numDocuments", "length", "numHeads", "headDim", "precision")))
    for line in sys.stdin:
        print(json.dumps(answer_to(json.loads(line), forms)), flush=True)


if __name__ == "__main__":
    main()
