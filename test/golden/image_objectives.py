"""Makes image-objectives.json: the losses of image tokenizers and their gradients, by PyTorch in float64.

    python3 test/golden/image_objectives.py && npm run fix

Every input and parameter is hashed_values(shape, seed) times a scale, made alike in test/image-tokenizer/image-objectives.test.ts, with
parameters in this project's layouts: convolutions [kh, kw, I / groups, O], pixels [B, H, W, C]. Of each result the first
values are stored, its norm, and its sum weighted by hashed values.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from bfloat16_errors import hashed_values

PROBE_SEED = 77


def values(shape, seed, scale=1.0):
    """A leaf in float64 holding float32 values."""
    made = (hashed_values(shape, seed) * scale).float().double()
    return made.requires_grad_()


def digest(tensor):
    flat = tensor.detach().reshape(-1).contiguous()
    return {
        "head": flat[:6].tolist(),
        "norm": flat.norm().item(),
        "probe": (flat * hashed_values([flat.numel()], PROBE_SEED)).sum().item(),
    }


def conv(x, weight, bias=None, stride=1, padding=0, groups=1):
    """Channels last; weight [kh, kw, I / groups, O]."""
    y = F.conv2d(x.permute(0, 3, 1, 2).contiguous(), weight.permute(3, 2, 0, 1).contiguous(), bias, stride, padding, groups=groups)
    return y.permute(0, 2, 3, 1)


def lpips(widths, with_heads):
    """LPIPS as published, but for where its 1e-10 stands (under the root)."""
    slices = [2, 2, 3, 3, 3]
    seed, channels, weights, heads = 0, 3, [], []
    for number, width in zip(slices, widths):
        for _ in range(number):
            # torchvision's own layout.
            weights.append((values([width, channels, 3, 3], seed, 1 / math.sqrt(9 * channels)), values([width], seed + 1, 0.1)))
            seed, channels = seed + 2, width
    for width in widths:
        heads.append(values([1, width, 1, 1], seed).abs())
        seed += 1
    output, target = values([2, 16, 20, 3], 101, 0.5), values([2, 16, 20, 3], 102, 0.5)

    def features(x):
        shift, scale = (torch.tensor(x, dtype=torch.float64) for x in ([-0.030, -0.088, -0.188], [0.458, 0.448, 0.450]))
        h, taken, index = ((x - shift) / scale).permute(0, 3, 1, 2), [], 0
        for k, number in enumerate(slices):
            if k > 0:
                h = F.max_pool2d(h, 2)
            for _ in range(number):
                h = F.relu(F.conv2d(h, *weights[index], padding=1))
                index += 1
            taken.append(h)
        return taken

    total = 0
    for a, b, head in zip(features(output), features(target), heads):
        a, b = (x / (x.square().sum(1, keepdim=True) + 1e-10).sqrt() for x in (a, b))
        difference = (a - b).square()
        difference = F.conv2d(difference, head) if with_heads else difference.sum(1, keepdim=True)
        total = total + difference.mean((1, 2, 3))
    total.sum().backward()
    return {"distances": digest(total), "outputGradient": digest(output.grad)}


def leaky(x):
    return F.leaky_relu(x, 0.2)


def patch_scores(x, p):
    h = leaky(conv(x, p["input.weight"], p["input.bias"], 2, 1))
    for k, stride in ((0, 2), (1, 1)):
        h = conv(h, p[f"layers.{k}.weight"], None, stride, 1)
        h = F.batch_norm(h.permute(0, 3, 1, 2), None, None, p[f"norms.{k}.weight"], p[f"norms.{k}.bias"], True, 0.1, 1e-5)
        h = leaky(h.permute(0, 2, 3, 1))
    return conv(h, p["output.weight"], p["output.bias"], 1, 1).flatten(1)


def patch_parameters():
    shapes = {
        "input.weight": [4, 4, 3, 4],
        "input.bias": [4],
        "layers.0.weight": [4, 4, 4, 8],
        "norms.0.weight": [8],
        "norms.0.bias": [8],
        "layers.1.weight": [4, 4, 8, 16],
        "norms.1.weight": [16],
        "norms.1.bias": [16],
        "output.weight": [4, 4, 16, 1],
        "output.bias": [1],
    }
    return {name: values(shape, seed, 0.3) for seed, (name, shape) in enumerate(shapes.items())}


def gradients(loss, parameters):
    found = torch.autograd.grad(loss, list(parameters.values()))
    return {name: digest(gradient) for name, gradient in zip(parameters, found)}


def hinge():
    p = patch_parameters()
    real, fake = values([2, 16, 16, 3], 201, 0.5), values([2, 16, 16, 3], 202, 0.5)
    scores_real, scores_fake = patch_scores(real, p), patch_scores(fake, p)
    loss = 0.5 * (F.relu(1 - scores_real).mean() + F.relu(1 + scores_fake).mean())
    generator = -patch_scores(fake, p).mean()
    return {
        "scores": digest(scores_real),
        "loss": loss.item(),
        "gradients": gradients(loss, p),
        "generatorLoss": generator.item(),
        "fakeGradient": digest(torch.autograd.grad(generator, fake)[0]),
    }


def adaptive_weight():
    p = patch_parameters()
    hidden, target = values([2, 16, 16, 4], 301, 0.5), values([2, 16, 16, 3], 302, 0.5)
    weight = values([3, 3, 4, 3], 303, 0.1)
    output = conv(hidden, weight, None, 1, 1)
    nll, g = (output - target).abs().mean(), -patch_scores(output, p).mean()
    norms = [torch.autograd.grad(loss, weight, retain_graph=True)[0].norm() for loss in (nll, g)]
    return {"weight": (norms[0] / (norms[1] + 1e-4)).clamp(0, 1e4).item()}


def residual_scores(x, p):
    def block(x, name):
        h = leaky(conv(x, p[f"{name}.widen.weight"]) + p[f"{name}.bias1"])
        h = leaky(conv(h, p[f"{name}.mix.weight"], None, 1, 1, 4 if name.startswith("stages.0") else 6) + p[f"{name}.bias2"])
        return x + conv(h, p[f"{name}.narrow.weight"])

    def halve(x):
        taps = torch.tensor([1.0, 2.0, 1.0]).double() / 4
        channels = x.shape[3]
        kernel = (taps[:, None] * taps[None, :])[:, :, None, None].repeat(1, 1, 1, channels)
        padded = F.pad(x.permute(0, 3, 1, 2), (1, 0, 1, 0)).permute(0, 2, 3, 1)
        return conv(padded, kernel, None, 2, 0, channels)

    h = conv(x, p["input.weight"])
    h = block(h, "stages.0.blocks.0")
    h = conv(halve(h), p["stages.0.narrow.weight"])
    h = block(h, "stages.1.blocks.0")
    return (h * p["basis"]).sum((1, 2)) @ p["output"].T


def relativistic():
    shapes = {"basis": [4, 4, 6], "output": [1, 6], "input.weight": [1, 1, 3, 4]}
    for stage, outer, inner in ((0, 4, 8), (1, 6, 12)):
        name = f"stages.{stage}.blocks.0"
        shapes[f"{name}.bias1"] = [inner]
        shapes[f"{name}.bias2"] = [inner]
        shapes[f"{name}.widen.weight"] = [1, 1, outer, inner]
        shapes[f"{name}.mix.weight"] = [3, 3, 2, inner]
        shapes[f"{name}.narrow.weight"] = [1, 1, inner, outer]
        if stage == 0:
            shapes["stages.0.narrow.weight"] = [1, 1, 4, 6]
    p = {name: values(shape, seed, 0.3) for seed, (name, shape) in enumerate(shapes.items())}
    real, fake = values([3, 8, 8, 3], 401, 0.5), values([3, 8, 8, 3], 402, 0.5)
    scores_real, scores_fake = residual_scores(real, p), residual_scores(fake, p)

    def penalty(scores, x):
        (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
        return gradient.square().sum((1, 2, 3))

    adversarial = F.softplus(-(scores_real - scores_fake)).mean()
    penalties = (penalty(scores_real, real) + penalty(scores_fake, fake)).mean() / 2
    generator = F.softplus(-(residual_scores(fake, p) - residual_scores(real, p).detach())).mean()
    return {
        "parameterNames": list(shapes),
        "scores": digest(scores_real),
        "adversarial": adversarial.item(),
        "penalty": penalties.item(),
        "gradients": gradients(adversarial + 0.7 * penalties, p),
        "generatorLoss": generator.item(),
        "fakeGradient": digest(torch.autograd.grad(generator, fake)[0]),
    }


def vision_alignment():
    latents, teacher = values([2, 3, 4, 5], 501), values([2, 3, 4, 6], 502)
    projection = values([6, 5], 503, 0.5)
    z, f = (F.normalize(x.flatten(1, 2), dim=-1) for x in (latents @ projection.T, teacher.detach()))
    cosine = F.relu(1 - 0.5 - (z * f).sum(-1)).mean()
    distance = F.relu((z @ z.mT - f @ f.mT).abs() - 0.25).mean()
    (cosine + distance).backward()
    return {
        "cosine": cosine.item(),
        "distance": distance.item(),
        "latentGradient": digest(latents.grad),
        "projectionGradient": digest(projection.grad),
    }


def resizing():
    x = values([2, 8, 12, 3], 601)
    sizes = [[3, 5], [4, 6], [2, 3], [11, 13]]
    resized = [F.interpolate(x.permute(0, 3, 1, 2), size=size, mode="bilinear", align_corners=False) for size in sizes]
    return {
        "sizes": sizes,
        "resized": [digest(y.permute(0, 2, 3, 1)) for y in resized],
        "turned": [digest(torch.rot90(x, turns, (1, 2))) for turns in range(4)],
    }


def main():
    widths = [4, 5, 6, 7, 8]
    golden = {
        "madeBy": f"test/golden/image_objectives.py with PyTorch {torch.__version__} on a CPU",
        "lpips": {"widths": widths, "withHeads": lpips(widths, True), "withoutHeads": lpips(widths, False)},
        "hinge": hinge(),
        "adaptiveWeight": adaptive_weight(),
        "relativistic": relativistic(),
        "visionAlignment": vision_alignment(),
        "resizing": resizing(),
    }
    Path(__file__).with_name("image-objectives.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
