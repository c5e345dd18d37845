"""Makes bfloat16-errors.json: how far PyTorch's own bfloat16 is from float64, for seeded cases of every fused operation.

    python3 test/golden/bfloat16_errors.py && npm run fix

Each error is the root mean square of (bfloat16 - float64) over that of float64, for the result and each input's gradient.
Inputs are multiples of 1/64 that bfloat16 holds exactly, so only what the operation itself rounds is measured. The same
inputs are made by test/golden/hashed-values.ts; their sums are stored to show that the two agree.
"""

import json
import math
import random
from pathlib import Path

import torch
import torch.nn.functional as F

DY_SEED = 99
MASK = 0xFFFFFFFF


def hashed_values(shape, seed):
    """(the top byte of MurmurHash3's mixer - 128) / 64 for each index, in float64."""
    size = math.prod(shape)
    h = (torch.arange(size, dtype=torch.int64) + (seed * 0x9E3779B9 & MASK)) & MASK
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = ((h ^ (h >> shift)) * factor) & MASK
    h ^= h >> 16
    return (((h >> 24) - 128).double() / 64).reshape(shape)


def linear(sizes):
    rows, inputs, outputs = sizes["rows"], sizes["inputDim"], sizes["outputDim"]
    shapes = {"x": [rows, inputs], "weight": [outputs, inputs]}
    if sizes["useBias"]:
        shapes["bias"] = [outputs]
    return shapes, lambda x, weight, bias=None: F.linear(x, weight, bias)


def rms_norm(sizes):
    width = sizes["width"]
    return {"x": [sizes["rows"], width], "weight": [width]}, lambda x, weight: F.rms_norm(x, [width], weight, 1e-3)


def turning(tokens, head_dim):
    token, pair = torch.arange(tokens).double()[:, None, None], torch.arange(head_dim // 2).double()
    angle = 0.3 * token + 0.7 * pair + 0.1
    cos, sin = angle.cos().float(), angle.sin().float()

    def turn(x):
        a, b = x.chunk(2, dim=-1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1).to(x.dtype)

    return turn


def rotary(sizes):
    tokens, heads, head_dim = sizes["tokens"], sizes["heads"], sizes["headDim"]
    return {"x": [tokens, heads, head_dim]}, turning(tokens, head_dim)


def normed_rotary(sizes):
    tokens, heads, head_dim = sizes["tokens"], sizes["heads"], sizes["headDim"]
    num_heads, num_kv_heads = sizes["numHeads"], sizes["numKvHeads"]
    turn = turning(tokens, head_dim)

    def run(x, queryWeight, keyWeight):
        query, key, rest = x.split([num_heads, num_kv_heads, heads - num_heads - num_kv_heads], dim=1)
        query, key = (F.rms_norm(t, [head_dim], w, 1e-3) for t, w in ((query, queryWeight), (key, keyWeight)))
        return torch.cat((turn(query), turn(key), rest), dim=1)

    return {"x": [tokens, heads, head_dim], "queryWeight": [head_dim], "keyWeight": [head_dim]}, run


def swiglu(sizes):
    def run(x):
        gate, up = x.chunk(2, dim=-1)
        return F.silu(gate) * up

    return {"x": [sizes["rows"], 2 * sizes["mlpDim"]]}, run


def swiglu_linear(sizes):
    rows, width, outputs = sizes["rows"], sizes["mlpDim"], sizes["outputDim"]
    shapes = {"x": [rows, 2 * width], "weight": [outputs, width], "residual": [rows, outputs]}

    def run(x, weight, residual):
        gate, up = x.chunk(2, dim=-1)
        return residual + F.linear(F.silu(gate) * up, weight)

    return shapes, run


def attention(sizes):
    heads, kv_heads, head_dim, keys = sizes["heads"], sizes["kvHeads"], sizes["headDim"], sizes["keys"]
    position = torch.arange(keys)
    bounds = torch.tensor(sizes["ranges"])[:, :, None]
    mask = ((position >= bounds[:, 0]) & (position < bounds[:, 1])) | ((position >= bounds[:, 2]) & (position < bounds[:, 3]))

    def run(query, key, value):
        query, key, value = (t.transpose(0, 1)[None] for t in (query, key, value))
        y = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=heads != kv_heads)
        return y[0].transpose(0, 1)

    queries = len(sizes["ranges"])
    shapes = {"query": [queries, heads, head_dim], "key": [keys, kv_heads, head_dim], "value": [keys, kv_heads, head_dim]}
    return shapes, run


def embedding(sizes):
    ids = torch.tensor(sizes["ids"])
    return {"weight": [sizes["vocabSize"], sizes["width"]]}, lambda weight: F.embedding(ids, weight)


def cross_entropy(sizes):
    targets = torch.tensor(sizes["targets"])
    shapes = {"logits": [len(sizes["targets"]), sizes["vocabSize"]]}
    return shapes, lambda logits: F.cross_entropy(logits, targets, ignore_index=-1, reduction="none")


def group_norm(sizes):
    image, groups = sizes["image"], sizes["groups"]
    channels = image["channels"]

    def run(x, weight, bias):
        y = F.group_norm(x.permute(0, 3, 1, 2), groups, weight, bias, 1e-3)
        y = F.silu(y) if sizes["activation"] == "silu" else y
        return y.permute(0, 2, 3, 1)

    shape = [image["batch"], image["height"], image["width"], channels]
    return {"x": shape, "weight": [channels], "bias": [channels]}, run


def conv2d(sizes):
    image, (kernel, groups) = sizes["image"], (sizes["kernel"], sizes["groups"])
    (top, bottom), (left, right) = sizes["padding"]
    shapes = {
        "x": [image["batch"], image["height"], image["width"], image["channels"]],
        "weight": [*kernel, image["channels"] // groups, sizes["outputs"]],
    }
    if sizes["useBias"]:
        shapes["bias"] = [sizes["outputs"]]

    def run(x, weight, bias=None):
        padded = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom))
        y = F.conv2d(padded, weight.permute(3, 2, 0, 1), bias, stride=sizes["strides"], groups=groups)
        return y.permute(0, 2, 3, 1)

    return shapes, run


def muon(sizes):
    """Newton–Schulz as torch.optim.Muon has it; no gradients."""

    def run(gradient):
        x = gradient.t() if gradient.size(0) > gradient.size(1) else gradient
        x = x / (x.norm() + 1e-7)
        for _ in range(5):
            gram = x @ x.t()
            x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=-4.775, alpha=2.0315), x, beta=3.4445)
        return x.t() if gradient.size(0) > gradient.size(1) else x

    return {"gradient": [sizes["rows"], sizes["columns"]]}, run


OPS = {
    "linear": linear,
    "rmsNorm": rms_norm,
    "rotaryEmbedding": rotary,
    "normedRotary": normed_rotary,
    "swiglu": swiglu,
    "swigluLinear": swiglu_linear,
    "attention": attention,
    "embedding": embedding,
    "crossEntropy": cross_entropy,
    "groupNorm": group_norm,
    "conv2d": conv2d,
    "muonUpdate": muon,
}


def causal(lengths):
    """Ranges of packed documents that are causal within themselves."""
    ranges = []
    for length in lengths:
        start = len(ranges)
        ranges += [[start, start + i + 1, 0, 0] for i in range(length)]
    return ranges


def two_ranges(draw, queries, keys):
    """Ordered, disjoint and never both empty."""
    ranges = []
    for _ in range(queries):
        a0, a1, b0, b1 = sorted(draw.randint(0, keys) for _ in range(4))
        ranges.append([a0, a1, b0, b1] if a0 < a1 or b0 < b1 else [0, keys, keys, keys])
    return ranges


def cases():
    draw = random.Random(1)
    for rows, inputs, outputs, bias in ((37, 33, 5, False), (64, 256, 96, True), (129, 1023, 65, False), (3, 64, 129, True)):
        yield "linear", {"rows": rows, "inputDim": inputs, "outputDim": outputs, "useBias": bias}
    for rows, width in ((41, 7), (33, 257), (5, 1024)):
        yield "rmsNorm", {"rows": rows, "width": width}
    for tokens, heads, head_dim in ((19, 3, 6), (65, 4, 64)):
        yield "rotaryEmbedding", {"tokens": tokens, "heads": heads, "headDim": head_dim}
    for tokens, heads, num_heads, num_kv_heads, head_dim in ((19, 5, 2, 1, 6), (65, 6, 3, 3, 64)):
        counts = {"heads": heads, "numHeads": num_heads, "numKvHeads": num_kv_heads}
        yield "normedRotary", {"tokens": tokens, **counts, "headDim": head_dim}
    for rows, width in ((31, 7), (65, 173)):
        yield "swiglu", {"rows": rows, "mlpDim": width}
        yield "swigluLinear", {"rows": rows, "mlpDim": width, "outputDim": 29}
    yield "attention", {"ranges": causal([1, 30, 52]), "heads": 6, "kvHeads": 2, "headDim": 24, "keys": 83}
    yield "attention", {"ranges": two_ranges(draw, 45, 301), "heads": 3, "kvHeads": 3, "headDim": 64, "keys": 301}
    yield "attention", {"ranges": two_ranges(draw, 33, 9), "heads": 4, "kvHeads": 1, "headDim": 5, "keys": 9}
    for vocab, width, count in ((19, 33, 200), (101, 7, 64)):
        yield "embedding", {"vocabSize": vocab, "width": width, "ids": [draw.randrange(vocab) for _ in range(count)]}
    for vocab, rows in ((7, 51), (513, 40)):
        yield "crossEntropy", {"vocabSize": vocab, "targets": [draw.randrange(-1, vocab) for _ in range(rows)]}
    for (batch, height, width, channels), groups, activation in (
        ((2, 5, 7, 12), 3, "none"),
        ((1, 9, 8, 64), 8, "silu"),
        ((3, 4, 4, 5), 1, "silu"),
    ):
        image = {"batch": batch, "height": height, "width": width, "channels": channels}
        yield "groupNorm", {"image": image, "groups": groups, "activation": activation}
    for (batch, height, width, channels), kernel, outputs, strides, padding, groups, bias in (
        ((2, 9, 7, 12), [3, 3], 16, [1, 1], [[1, 1], [1, 1]], 1, True),
        ((1, 11, 10, 6), [4, 2], 9, [2, 2], [[0, 1], [1, 0]], 3, False),
        ((2, 8, 8, 32), [1, 1], 24, [1, 1], [[0, 0], [0, 0]], 1, True),
        ((1, 1, 1, 32), [3, 3], 64, [1, 1], [[1, 1], [1, 1]], 1, False),
        ((2, 13, 7, 32), [3, 3], 48, [1, 1], [[1, 1], [1, 1]], 1, True),
        ((1, 3, 10, 96), [3, 3], 32, [1, 1], [[2, 0], [0, 1]], 1, True),
    ):
        image = {"batch": batch, "height": height, "width": width, "channels": channels}
        layer = {"kernel": kernel, "outputs": outputs, "strides": strides, "padding": padding, "groups": groups}
        yield "conv2d", {"image": image, **layer, "useBias": bias}
    for rows, columns in ((40, 24), (17, 65), (128, 128)):
        yield "muonUpdate", {"rows": rows, "columns": columns}


def results(run, inputs, dtype, needs_gradients):
    """The result and the gradients of sum(dy * result), in float64."""
    tensors = {name: value.to(dtype, copy=True).requires_grad_(needs_gradients) for name, value in inputs.items()}
    y = run(**tensors)
    found = {"y": y.detach().double()}
    if needs_gradients:
        y.backward(hashed_values(y.shape, DY_SEED).to(y.dtype))
        found.update({name: tensor.grad.double() for name, tensor in tensors.items()})
    return found


def main():
    torch.manual_seed(0)
    measured = []
    for op, sizes in cases():
        shapes, run = OPS[op](sizes)
        inputs = {name: hashed_values(shape, seed) for seed, (name, shape) in enumerate(shapes.items())}
        exact = results(run, inputs, torch.float64, op != "muonUpdate")
        rounded = results(run, inputs, torch.bfloat16, op != "muonUpdate")
        errors = {name: ((rounded[name] - exact[name]).norm() / exact[name].norm()).item() for name in exact}
        sums = {name: value.sum().item() for name, value in inputs.items()}
        measured.append({"op": op, "sizes": sizes, "inputSums": sums, "errors": errors})
    golden = {"madeBy": f"test/golden/bfloat16_errors.py with PyTorch {torch.__version__} on a CPU", "cases": measured}
    Path(__file__).with_name("bfloat16-errors.json").write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main()
