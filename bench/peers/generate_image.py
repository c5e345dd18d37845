"""The peer of bench/src/generate-image.ts: guided Euler steps over a cached prompt, both guidance branches on a batch axis.

Reads one JSON object a line, answers with one: {"warmUpSeconds": s} | {"draw": true} -> {"milliseconds"} | {"version": true}.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

from train_step import BOI_ROW, CHANNELS, FIRST_PATCH, PATCHES, Model, rotate


class Sampler:
    def __init__(self, options):
        torch.manual_seed(1)
        self.model = Model(options["modelDim"], options["numLayers"], options["numHeads"], options["mlpDim"]).eval()
        self.bf16 = options["precision"] == "bf16"
        self.steps, self.guidance = options["numSteps"], options["guidance"]
        self.prompt = torch.stack((torch.arange(10, 10 + BOI_ROW + 1), torch.arange(100, 100 + BOI_ROW + 1)))
        if self.bf16:
            # Weights are cast once, as autocast would do again for every step.
            self.model = self.model.to(torch.bfloat16)

    def run(self, x, rows, cache, mask):
        """One forward pass of some rows; with a cache, their keys and values come after the cached ones."""
        model, kept = self.model, []
        cos, sin = model.cos[rows], model.sin[rows]
        for layer, block in enumerate(model.blocks):
            b, t, d = x.shape
            q, k, v = block.qkv(block.norm1(x)).view(b, t, 3, block.heads, d // block.heads).permute(2, 0, 3, 1, 4)
            q, k = rotate(q, cos, sin), rotate(k, cos, sin)
            kept.append((k, v))
            if cache is not None:
                k, v = torch.cat((cache[layer][0], k), 2), torch.cat((cache[layer][1], v), 2)
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            x = x + block.out(y.transpose(1, 2).reshape(b, t, d))
            gate, up = block.gate_up(block.norm2(x)).chunk(2, dim=-1)
            x = x + block.down(F.silu(gate) * up)
        return model.norm(x), kept

    @torch.inference_mode()
    def draw(self):
        start = time.perf_counter()
        model = self.model
        dtype = torch.bfloat16 if self.bf16 else torch.float32
        prompt_mask = torch.ones(BOI_ROW + 1, BOI_ROW + 1, dtype=torch.bool).tril()
        _, cache = self.run(model.embedding(self.prompt), slice(0, FIRST_PATCH), None, prompt_mask)
        latents = torch.randn(1, PATCHES, CHANNELS)
        times = torch.linspace(1, 0, self.steps + 1)
        rows = slice(FIRST_PATCH, FIRST_PATCH + PATCHES)
        for t, following in zip(times[:-1], times[1:]):
            angle = 1000 * t * model.frequency.float()
            embedded = model.time(torch.cat((angle.cos(), angle.sin()))[None].to(dtype))
            patches = (model.enter(latents.to(dtype)) + embedded[:, None]).expand(2, -1, -1)
            hidden, _ = self.run(patches, rows, cache, None)
            conditional, unconditional = model.leave(hidden).float().chunk(2)
            velocity = unconditional + self.guidance * (conditional - unconditional)
            latents = latents + (following - t) * velocity
        latents.sum().item()
        return (time.perf_counter() - start) * 1000


def main():
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    torch.set_default_device(options["device"])
    sampler = Sampler(options)
    for line in sys.stdin:
        question = json.loads(line)
        if "warmUpSeconds" in question:
            start = time.perf_counter()
            while time.perf_counter() - start < question["warmUpSeconds"]:
                sampler.draw()
            answer = {"ready": True}
        elif "draw" in question:
            answer = {"milliseconds": sampler.draw()}
        else:
            answer = {"version": torch.__version__}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
