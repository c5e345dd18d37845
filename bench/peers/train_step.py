"""The peer of bench/src/train-step.ts: the same model and documents in PyTorch, in its fastest form.

A batch axis (all documents have one length), scaled_dot_product_attention with the shared mask, fused AdamW, autocast to
bfloat16 when asked, eager or torch.compile. Reads one JSON object a line, answers with one:
{"warmUpSeconds": s} | {"step": true} -> {"milliseconds"} | {"memory": true} -> {"peakMiB", "version"} |
{"products": [[rows, inputs, outputs, times], ..]} -> {"milliseconds"}: a step's products alone.
"""

import json
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

VOCAB, TEXT_BEFORE, TEXT_AFTER, GRID, CHANNELS = 512, 16, 14, 8, 48
PATCHES = GRID * GRID
BOI_ROW = TEXT_BEFORE
FIRST_PATCH = TEXT_BEFORE + 1
LENGTH = TEXT_BEFORE + PATCHES + 2 + TEXT_AFTER


class Block(nn.Module):
    def __init__(self, dim, heads, mlp):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(dim, eps=1e-5), nn.RMSNorm(dim, eps=1e-5)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)
        self.gate_up = nn.Linear(dim, 2 * mlp, bias=False)
        self.down = nn.Linear(mlp, dim, bias=False)

    def forward(self, x, cos, sin, mask):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v, attn_mask=mask)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, d))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, dim=-1)
        return x + self.down(F.silu(gate) * up)


def rotate(x, cos, sin):
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1).to(x.dtype)


class Model(nn.Module):
    def __init__(self, dim, layers, heads, mlp):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, dim)
        nn.init.normal_(self.embedding.weight, std=1 / math.sqrt(dim))
        self.enter, self.leave = nn.Linear(CHANNELS, dim), nn.Linear(dim, CHANNELS)
        self.time = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.blocks = nn.ModuleList(Block(dim, heads, mlp) for _ in range(layers))
        self.norm = nn.RMSNorm(dim, eps=1e-5)
        half = dim // heads // 2
        frequency = 10000 ** (-torch.arange(half) / half)
        position, row, column = positions()
        axes = torch.stack((position, row, column))[torch.arange(half) % 3]
        angle = axes.t() * frequency
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())
        self.register_buffer("mask", visible())
        self.register_buffer("frequency", torch.exp(-math.log(10000) * torch.arange(dim // 2) / (dim // 2)))

    def forward(self, text, latents, noise, t):
        noisy = (1 - t) * latents + t * noise
        angle = 1000 * t[:, 0] * self.frequency
        time_embedding = self.time(torch.cat((angle.cos(), angle.sin()), dim=-1))
        patches = self.enter(noisy) + time_embedding[:, None]
        words = self.embedding(text)
        x = torch.cat((words[:, : BOI_ROW + 1], patches.to(words.dtype), words[:, BOI_ROW + 1 :]), dim=1)
        for block in self.blocks:
            x = block(x, self.cos, self.sin, self.mask)
        x = self.norm(x)
        velocity = self.leave(x[:, FIRST_PATCH : FIRST_PATCH + PATCHES]).float()
        image_loss = F.mse_loss(velocity, noise - latents)
        # Targets: text tokens after the first, and those after the image from the end-of-image row on.
        end = FIRST_PATCH + PATCHES
        rows = torch.cat((x[:, : TEXT_BEFORE - 1], x[:, end : end + TEXT_AFTER]), dim=1)
        targets = torch.cat((text[:, 1:TEXT_BEFORE], text[:, TEXT_BEFORE + 2 :]), dim=1)
        logits = (rows @ self.embedding.weight.t().to(rows.dtype)).float()
        return F.cross_entropy(logits.reshape(-1, VOCAB), targets.reshape(-1)) + 5 * image_loss


def positions():
    sequence, row, column = (torch.arange(LENGTH, dtype=torch.float32) for _ in range(3))
    for patch in range(PATCHES):
        sequence[FIRST_PATCH + patch] = FIRST_PATCH
        row[FIRST_PATCH + patch] = FIRST_PATCH + patch // GRID
        column[FIRST_PATCH + patch] = FIRST_PATCH + patch % GRID
    after = torch.arange(FIRST_PATCH + GRID, FIRST_PATCH + GRID + LENGTH - FIRST_PATCH - PATCHES, dtype=torch.float32)
    for axis in (sequence, row, column):
        axis[FIRST_PATCH + PATCHES :] = after
    return sequence, row, column


def visible():
    mask = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()
    mask[FIRST_PATCH : FIRST_PATCH + PATCHES, FIRST_PATCH : FIRST_PATCH + PATCHES] = True
    return mask


class Run:
    def __init__(self, options, compile_it):
        torch.manual_seed(1)
        self.bf16 = options["precision"] == "bf16"
        self.device = torch.get_default_device()
        self.documents = options["numDocuments"]
        model = Model(options["modelDim"], options["numLayers"], options["numHeads"], options["mlpDim"])
        self.parameters = list(model.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
        self.model = torch.compile(model) if compile_it else model
        self.text = torch.randint(4, VOCAB, (self.documents, TEXT_BEFORE + 2 + TEXT_AFTER))
        self.latents = torch.randn(self.documents, PATCHES, CHANNELS)

    def step(self):
        start = time.perf_counter()
        noise = torch.randn_like(self.latents)
        t = torch.sigmoid(torch.randn(self.documents, 1, 1))
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            loss = self.model(self.text, self.latents, noise, t)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        loss.item()
        return (time.perf_counter() - start) * 1000


class Products:
    """x W^T, dy W and dy^T x of each linear layer."""

    def __init__(self, shapes, bf16):
        dtype = torch.bfloat16 if bf16 else torch.float32
        self.layers = [
            (times, *(torch.ones(size, dtype=dtype) for size in ((rows, inputs), (outputs, inputs), (rows, outputs))))
            for rows, inputs, outputs, times in shapes
        ]

    def run(self):
        start = time.perf_counter()
        for times, x, weight, dy in self.layers:
            for _ in range(times):
                F.linear(x, weight)
                dy @ weight
                dy.t() @ x
        wait_for_device()
        return (time.perf_counter() - start) * 1000


def wait_for_device():
    torch.zeros(()).item()


def peak_mib(device):
    if device.type == "cpu":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return torch.cuda.max_memory_allocated(device) // 2**20


def main():
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    torch.set_default_device(options["device"])
    run = Run(options, options["form"] == "compiled")
    products = None
    for line in sys.stdin:
        question = json.loads(line)
        if "warmUpSeconds" in question:
            run.step()
            start = time.perf_counter()
            while time.perf_counter() - start < question["warmUpSeconds"]:
                run.step()
            answer = {"ready": True}
        elif "step" in question:
            answer = {"milliseconds": run.step()}
        elif "products" in question:
            products = products or Products(question["products"], run.bf16)
            answer = {"milliseconds": products.run()}
        else:
            answer = {"peakMiB": peak_mib(run.device), "version": torch.__version__}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
