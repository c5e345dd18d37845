"""The peer of bench/src/image-tokenizer.ts: KL autoencoders in PyTorch, channels last, eager and compiled.

Two networks: the one of diffusers' AutoencoderKL, and @interfuse/image-tokenizer's own smaller one with diffusers' parts.
Reads one JSON object a line, answers with one: {"choose": seconds} -> {"encode", "decode"} (the fastest form of each; seconds
are spent on each form) | {"run": "encode" | "decode"} -> {"milliseconds"} for all images | {"version": true} -> {"version"}.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

from autoencoder_kl import AutoencoderKL, Downsample, Resnet, convolution

IMAGE_SIZE = 256


class Narrowing(nn.Module):
    """Nearest upsampling and a convolution to the next level's channels."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = convolution(inputs, outputs)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


def compact_encoder(levels, blocks, latents, groups):
    layers, width = [convolution(3, levels[0])], levels[0]
    for level, channels in enumerate(levels):
        for _ in range(blocks):
            layers.append(Resnet(width, channels, groups, "conv_shortcut"))
            width = channels
        if level < len(levels) - 1:
            layers.append(Downsample(width))
    layers.append(Resnet(width, width, groups, None))
    return nn.Sequential(*layers, nn.GroupNorm(groups, width, eps=1e-6), nn.SiLU(), convolution(width, 2 * latents))


def compact_decoder(levels, blocks, latents, groups):
    width = levels[-1]
    layers = [convolution(latents, width), Resnet(width, width, groups, None)]
    for level in range(len(levels) - 1, -1, -1):
        layers += [Resnet(width, width, groups, None) for _ in range(blocks)]
        if level > 0:
            layers.append(Narrowing(width, levels[level - 1]))
            width = levels[level - 1]
    return nn.Sequential(*layers, nn.GroupNorm(groups, width, eps=1e-6), nn.SiLU(), convolution(width, 3))


class CompactAutoencoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        sizes = [config[name] for name in ("levelChannels", "blocksPerLevel", "latentChannels", "normGroups")]
        self.encoder, self.decoder = compact_encoder(*sizes), compact_decoder(*sizes)

    def encode(self, pixels):
        return self.encoder(pixels).chunk(2, dim=1)[0]

    def decode(self, latents):
        return self.decoder(latents)


def make_model(network, config):
    if network == "compact":
        return CompactAutoencoder(config)
    return AutoencoderKL(
        {
            "block_out_channels": config["levelChannels"],
            "layers_per_block": config["blocksPerLevel"],
            "latent_channels": config["latentChannels"],
            "norm_num_groups": config["normGroups"],
        }
    )


class Bench:
    def __init__(self, options):
        torch.manual_seed(1)
        config = options["config"]
        dtype = torch.bfloat16 if options["precision"] == "bf16" else torch.float32
        model = make_model(options["network"], config).eval().to(dtype, memory_format=torch.channels_last)
        self.images, self.batch_sizes = options["images"], options["batchSizes"]
        size = IMAGE_SIZE // 2 ** (len(config["levelChannels"]) - 1)
        shapes = {"encode": (3, IMAGE_SIZE, IMAGE_SIZE), "decode": (config["latentChannels"], size, size)}
        self.inputs = {
            name: torch.randn(self.images, *shape).to(dtype, memory_format=torch.channels_last)
            for name, shape in shapes.items()
        }
        self.forms = {
            name: {"eager": getattr(model, name), "compiled": torch.compile(getattr(model, name))} for name in shapes
        }
        self.chosen = {}

    def milliseconds(self, name, form, batch):
        start = time.perf_counter()
        for i in range(0, self.images, batch):
            self.forms[name][form](self.inputs[name][i : i + batch])
        return (time.perf_counter() - start) * 1000

    def choose(self, seconds):
        for name in self.forms:
            best = None
            for form in ("eager", "compiled"):
                for batch in self.batch_sizes:
                    self.forms[name][form](self.inputs[name][:batch])
                    start, least = time.perf_counter(), float("inf")
                    while time.perf_counter() - start < seconds:
                        least = min(least, self.milliseconds(name, form, batch))
                    if best is None or least < best[0]:
                        best = (least, form, batch)
            self.chosen[name] = best[1:]
        return {name: f"{form}, {batch} at a time" for name, (form, batch) in self.chosen.items()}


def main():
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    torch._inductor.config.freezing = True
    bench = Bench(options)
    with torch.inference_mode():
        for line in sys.stdin:
            question = json.loads(line)
            if "choose" in question:
                answer = bench.choose(question["choose"])
            elif "run" in question:
                answer = {"milliseconds": bench.milliseconds(question["run"], *bench.chosen[question["run"]])}
            else:
                answer = {"version": torch.__version__}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
