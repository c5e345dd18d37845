"""Makes quantizers.json: every quantizer of image-tokenizer, written again plainly in PyTorch.

    python3 test/golden/quantizers.py && npm run fix

Each case is a config, the state it starts with, latents, and what must come out: indices, codes, loss sums, the gradients
of `sum(codes * dy) + sum over losses of weight * sum`, and where averages are kept, the state after each of two updates.
Everything is computed in float64 by autograd, searches compare whole tables of distances, and no distance is nearly equal.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
SMALLEST_GAP = 1e-3


def rounded(shape, generator, scale=1.0):
    """Normal values of few digits, which float32 and JSON hold alike."""
    return (torch.randn(shape, generator=generator) * scale * 1000).round() / 1000


def packed(tensor):
    tensor = torch.as_tensor(tensor).detach()
    values = [f"{value:.7g}" for value in tensor.flatten().tolist()]
    return {"shape": list(tensor.shape), "values": " ".join(values)}


def mse_sum(a, b):
    """Sum over vectors of the mean over channels."""
    return (a - b).square().mean(-1).sum()


def nearest(vectors, codes, cosine=False):
    if cosine:
        distances = -F.normalize(vectors, dim=-1) @ F.normalize(codes, dim=-1).T
    else:
        distances = (vectors[:, None, :] - codes[None]).square().sum(-1)
    two = distances.topk(2, largest=False).values
    assert (two[:, 1] - two[:, 0]).min() > SMALLEST_GAP, "two codes are nearly equally near; take another seed"
    return distances.argmin(-1)


def estimate(z, e, estimator):
    """z in the backward pass, e in the forward pass."""
    if estimator == "straight-through":
        return z + (e - z).detach()
    length_z, length_e = z.norm(dim=-1, keepdim=True), e.norm(dim=-1, keepdim=True)
    z_hat, e_hat = (z / length_z).detach(), (e / length_e).detach()
    w = F.normalize(z_hat + e_hat, dim=-1).detach()
    eye = torch.eye(z.shape[-1])
    rotation = eye - 2 * w[:, :, None] * w[:, None, :] + 2 * e_hat[:, :, None] * z_hat[:, None, :]
    return (length_e / length_z).detach() * torch.einsum("nij,nj->ni", rotation, z)


def vector(z, state, config, prefix=""):
    """z [N, C] -> codes without a gradient estimate, z as compared, indices, losses."""
    if config["learning"] == "linear":
        codes = state[prefix + "codebook.frozen_codes"] @ state[prefix + "codebook.weight"].T
    else:
        codes = state[prefix + "codebook.codes"]
    if config["useL2Norm"]:
        z = F.normalize(z, dim=-1)
        codes = F.normalize(codes, dim=-1)
    indices = nearest(z, codes)
    e = codes[indices]
    losses = {"commitment": mse_sum(z, e.detach())}
    if config["learning"] != "ema":
        losses["codebook"] = mse_sum(z.detach(), e)
    return z, e, indices, losses


def ema_update(z, indices, state, config, prefix):
    """Exponential moving averages with Laplace smoothing, in place."""
    num_codes, decay, epsilon = config["numCodes"], config["decay"], 1e-5
    one_hot = F.one_hot(indices, num_codes).to(z.dtype)
    sizes = state[prefix + "codebook.cluster_sizes"] = torch.lerp(
        state[prefix + "codebook.cluster_sizes"], one_hot.sum(0), 1 - decay
    )
    sums = state[prefix + "codebook.cluster_sums"] = torch.lerp(
        state[prefix + "codebook.cluster_sums"], one_hot.T @ z, 1 - decay
    )
    smoothed = (sizes + epsilon) / (sizes.sum() + num_codes * epsilon) * sizes.sum()
    codes = sums / smoothed[:, None]
    state[prefix + "codebook.codes"] = F.normalize(codes, dim=-1) if config["useL2Norm"] else codes


def finite_scalar(z, config):
    levels = torch.tensor(config["levels"], dtype=torch.float64)
    epsilon = -1e-3 if config["bound"] == "narrow" else 1e-3
    half = (levels - 1) * (1 + epsilon) / 2
    offset = torch.where(levels % 2 == 0, 0.5, 0.0)
    shift = torch.tan(offset / half) if config["bound"] == "narrow" else torch.atanh(offset / half)
    bounded = torch.tanh(z + shift) * half - offset
    fraction = (bounded - bounded.floor() - 0.5).abs()
    assert fraction.min() > SMALLEST_GAP, "a value is nearly between two levels; take another seed"
    quantized = bounded + (bounded.round() - bounded).detach()
    width = torch.div(levels, 2, rounding_mode="floor")
    basis = torch.cumprod(torch.cat([torch.ones(1), levels[:-1]]), 0)
    indices = ((quantized.detach() + width) * basis).sum(-1).round().long()
    return quantized / width, indices


def lookup_free(z, config):
    dim = z.shape[-1]
    scale = dim**-0.5 if config["useL2Norm"] else 1.0
    if config["useL2Norm"]:
        z = F.normalize(z, dim=-1)
    e = torch.where(z > 0, scale, -scale)
    indices = ((z > 0).long() * 2 ** torch.arange(dim - 1, -1, -1)).sum(-1)
    all_bits = (torch.arange(2**dim)[:, None] // 2 ** torch.arange(dim - 1, -1, -1)) % 2
    codebook = (all_bits * 2.0 - 1) * scale
    log_p = torch.log_softmax(2 * z @ codebook.T / config["temperature"], -1)
    entropy_of_each = -(log_p.exp() * log_p).sum()
    mean = log_p.exp().mean(0)
    entropy_of_mean = -(mean * torch.log(mean.clamp(min=1e-30))).sum()
    entropy = entropy_of_each - config["diversityWeight"] * len(z) * entropy_of_mean
    return estimate(z, e, "straight-through"), indices, {"entropy": entropy, "commitment": mse_sum(z, e)}


def residual(z, state, config):
    total, indices, losses = torch.zeros_like(z), [], {}
    for index in range(config["numStages"]):
        prefix = f"stages.{0 if config['useSharedCodebook'] else index}."
        remainder, e, index_of_stage, more = vector(z - total.detach(), state, config["stage"], prefix)
        total = total + e.detach()
        indices.append(index_of_stage)
        losses = {name: losses.get(name, 0) + value for name, value in more.items()}
    return estimate(z, total, config["stage"]["estimator"]), torch.stack(indices, -1), losses


def ema_step(z, state, config):
    """A step's update of every codebook: of a shared one by what all stages assigned to it."""
    if config["type"] == "vector":
        compared, _, index, _ = vector(z, state, config)
        ema_update(compared, index, state, config, "")
        return
    stage = config["stage"]
    total, assigned = torch.zeros_like(z), {}
    for number in range(config["numStages"]):
        prefix = f"stages.{0 if config['useSharedCodebook'] else number}."
        remainder, e, index, _ = vector(z - total, state, stage, prefix)
        total = total + e
        assigned.setdefault(prefix, []).append((remainder, index))
    for prefix, parts in assigned.items():
        remainders, indices = (torch.cat(list(part)) for part in zip(*parts))
        ema_update(remainders, indices, state, stage, prefix)


def phi_ticks(num_convolutions):
    start = 1 / (3 if num_convolutions == 4 else 2) / num_convolutions
    return np.linspace(start, 1 - start, num_convolutions)


def phi_of_scale(scale, num_scales, num_convolutions):
    return int(np.argmin(np.abs(phi_ticks(num_convolutions) - scale / (num_scales - 1))))


def multi_scale(z_bhwc, state, config):
    """As VAR's quant.py: area down from the rest, bicubic up, phi, and the loss of every sum."""
    f = z_bhwc.permute(0, 3, 1, 2)
    fixed = f.detach()
    batch, dim, height, width = f.shape
    rest, total = fixed.clone(), torch.zeros_like(fixed)
    indices, inputs, losses = [], [], {"codebook": 0, "commitment": 0}
    scales, share = config["scales"], config["convolutionShare"]
    codes = state["codebook.codes"]
    for k, size in enumerate(scales):
        small = F.interpolate(rest, size=size, mode="area")
        index = nearest(small.permute(0, 2, 3, 1).reshape(-1, dim), codes, config["useL2Norm"])
        h = codes[index].reshape(batch, *size, dim).permute(0, 3, 1, 2)
        h = F.interpolate(h, size=(height, width), mode="bicubic") if size != [height, width] else h
        conv = phi_of_scale(k, len(scales), config["numConvolutions"])
        weight = state[f"convolutions.{conv}.weight"].permute(3, 2, 0, 1)
        bias = state[f"convolutions.{conv}.bias"]
        h = h * (1 - share) + F.conv2d(h, weight, bias, padding=1) * share
        total = total + h
        rest = rest - h.detach()
        indices.append(index.reshape(batch, -1))
        if k + 1 < len(scales):
            shrunk = F.interpolate(total, size=scales[k + 1], mode="area")
            inputs.append(shrunk.permute(0, 2, 3, 1).reshape(batch, -1, dim))
        losses["codebook"] += mse_sum(total.permute(0, 2, 3, 1), fixed.permute(0, 2, 3, 1)) / len(scales)
        losses["commitment"] += mse_sum(total.detach().permute(0, 2, 3, 1), z_bhwc) / len(scales)
    codes_out = z_bhwc + (total.permute(0, 2, 3, 1) - z_bhwc).detach()
    return codes_out, torch.cat(indices, 1), losses, torch.cat(inputs, 1)


def run(z, state, config):
    """Any quantizer: codes in the shape of z, indices, losses, extras."""
    leading, dim = z.shape[:-1], z.shape[-1]
    flat = z.reshape(-1, dim)
    kind = config["type"]
    if kind == "vector":
        compared, e, indices, losses = vector(flat, state, config)
        return estimate(compared, e, config["estimator"]).reshape(z.shape), indices.reshape(leading), losses, {}
    if kind == "finite-scalar":
        codes, indices = finite_scalar(flat, config)
        return codes.reshape(z.shape), indices.reshape(leading), {}, {}
    if kind == "lookup-free":
        codes, indices, losses = lookup_free(flat, config)
        return codes.reshape(z.shape), indices.reshape(leading), losses, {}
    if kind == "residual":
        codes, indices, losses = residual(flat, state, config)
        return codes.reshape(z.shape), indices.reshape(*leading, -1), losses, {}
    codes, indices, losses, inputs = multi_scale(z, state, config)
    return codes, indices, losses, {"nextScaleInputs": packed(inputs)}


def weights_of(config):
    beta = config.get("stage", config).get("commitmentWeight")
    kind = config["type"]
    if kind == "finite-scalar":
        return {}
    if kind == "lookup-free":
        return {"entropy": config["entropyWeight"], "commitment": beta}
    if config.get("stage", config).get("learning") == "ema":
        return {"commitment": beta}
    return {"codebook": 1, "commitment": beta}


def case(name, config, shape, state, generator, num_updates=0):
    z = rounded(shape, generator)
    dy = rounded(shape, generator)
    is_ema = config.get("stage", config).get("learning") == "ema"
    is_buffer = lambda key: "frozen" in key or is_ema
    leaves = {key: value.clone().requires_grad_(not is_buffer(key)) for key, value in state.items()}
    latents = z.clone().requires_grad_()
    codes, indices, losses, extras = run(latents, leaves, config)
    weights = weights_of(config)
    assert set(weights) == set(losses)
    total = (codes * dy).sum() + sum(weights[key] * losses[key] for key in losses)
    total.backward()
    result = {
        "name": name,
        "config": config,
        "state": {key: packed(value) for key, value in state.items()},
        "latents": packed(z),
        "dy": packed(dy),
        "indices": packed(indices),
        "codes": packed(codes),
        "lossWeights": weights,
        "lossSums": {key: float(f"{value.item():.7g}") for key, value in losses.items()},
        "gradients": {
            "latents": packed(latents.grad),
            **{key: packed(leaf.grad) for key, leaf in leaves.items() if leaf.requires_grad},
        },
        **extras,
    }
    updated = dict(state)
    updates = []
    for _ in range(num_updates):
        # Each update is of another batch, so that averages carry over.
        batch = rounded(shape, generator)
        ema_step(batch.reshape(-1, shape[-1]), updated, config)
        updates.append({"latents": packed(batch), "state": {key: packed(value) for key, value in updated.items()}})
    if updates:
        result["updates"] = updates
    return result


def vector_config(**changes):
    return {
        "type": "vector",
        "numCodes": 12,
        "dim": 4,
        "learning": "gradient",
        "useL2Norm": False,
        "estimator": "straight-through",
        "commitmentWeight": 0.25,
        "decay": 0.8,
        "revivalThreshold": 0,
        **changes,
    }


def multi_scale_config(**changes):
    return {
        "type": "multi-scale",
        "numCodes": 12,
        "dim": 4,
        "scales": [[1, 1], [2, 2], [3, 3], [5, 5]],
        "useL2Norm": False,
        "numConvolutions": 4,
        "convolutionShare": 0.5,
        "commitmentWeight": 0.25,
        "decay": 0.8,
        "revivalThreshold": 0,
        **changes,
    }


def vector_cases():
    shape = [2, 3, 4]
    for name, seed, changes in (
        ("vector, straight-through", 1, {}),
        ("vector, rotation", 2, {"estimator": "rotation"}),
        ("vector, length 1", 3, {"useL2Norm": True}),
        ("vector, length 1, rotation", 4, {"useL2Norm": True, "estimator": "rotation"}),
        ("vector, averages", 5, {"learning": "ema"}),
        ("vector, averages, length 1", 6, {"learning": "ema", "useL2Norm": True, "decay": 0.9}),
        ("vector, linear (SimVQ)", 7, {"learning": "linear"}),
        ("vector, linear, length 1, rotation", 8, {"learning": "linear", "useL2Norm": True, "estimator": "rotation"}),
    ):
        generator = torch.Generator().manual_seed(seed)
        config = vector_config(**changes)
        codes = rounded([12, 4], generator)
        if config["learning"] == "linear":
            state = {"codebook.weight": rounded([4, 4], generator), "codebook.frozen_codes": codes}
        elif config["learning"] == "ema":
            codes = F.normalize(codes, dim=-1) if config["useL2Norm"] else codes
            sizes = rounded([12], generator).abs() + 0.5
            state = {
                "codebook.codes": codes,
                "codebook.cluster_sizes": sizes,
                "codebook.cluster_sums": rounded([12, 4], generator),
            }
        else:
            state = {"codebook.codes": codes}
        yield case(name, config, shape, state, generator, num_updates=2 if config["learning"] == "ema" else 0)


def scalar_cases():
    for name, seed, levels, bound in (
        ("finite-scalar, narrow", 11, [8, 6, 5], "narrow"),
        ("finite-scalar, wide", 12, [8, 6, 5], "wide"),
        ("finite-scalar, level 2", 13, [2, 3, 4, 7], "narrow"),
    ):
        generator = torch.Generator().manual_seed(seed)
        config = {"type": "finite-scalar", "levels": levels, "bound": bound}
        yield case(name, config, [2, 3, len(levels)], {}, generator)
    for name, seed, dim, changes in (
        ("lookup-free", 21, 5, {}),
        ("lookup-free, spherical (BSQ)", 22, 6, {"useL2Norm": True}),
        # Soft enough that every probability counts.
        ("lookup-free, soft", 23, 3, {"temperature": 3.0, "diversityWeight": 2.0}),
        ("lookup-free, one bit", 24, 1, {"temperature": 1.0}),
    ):
        generator = torch.Generator().manual_seed(seed)
        config = {
            "type": "lookup-free",
            "dim": dim,
            "useL2Norm": False,
            "entropyWeight": 0.1,
            "diversityWeight": 1.0,
            "temperature": 0.01,
            "commitmentWeight": 0.25,
            **changes,
        }
        yield case(name, config, [2, 4, dim], {}, generator)


def residual_cases():
    for name, seed, changes, stage in (
        ("residual", 31, {}, {}),
        ("residual, shared, rotation", 32, {"useSharedCodebook": True}, {"estimator": "rotation"}),
        ("residual, averages", 33, {"numStages": 2}, {"learning": "ema"}),
        ("residual, averages, shared", 34, {"numStages": 2, "useSharedCodebook": True}, {"learning": "ema"}),
    ):
        generator = torch.Generator().manual_seed(seed)
        config = {
            "type": "residual",
            "numStages": 3,
            "stage": vector_config(numCodes=6, **stage),
            "useSharedCodebook": False,
            **changes,
        }
        config["minStages"] = config["numStages"]
        is_ema = config["stage"]["learning"] == "ema"
        state = {}
        for index in range(1 if config["useSharedCodebook"] else config["numStages"]):
            prefix = f"stages.{index}.codebook."
            state[prefix + "codes"] = rounded([6, 4], generator, 0.6**index)
            if is_ema:
                state[prefix + "cluster_sizes"] = rounded([6], generator).abs() + 0.5
                state[prefix + "cluster_sums"] = rounded([6, 4], generator, 0.6**index)
        yield case(name, config, [2, 3, 4], state, generator, num_updates=2 if is_ema else 0)


def multi_scale_cases():
    for name, seed, batch, changes in (
        ("multi-scale", 41, 2, {}),
        ("multi-scale, cosine, not square, 2 convolutions", 42, 1,
         {"scales": [[1, 1], [1, 2], [3, 4], [4, 7]], "useL2Norm": True, "numConvolutions": 2}),
        ("multi-scale, one convolution", 43, 1, {"scales": [[1, 2], [2, 3]], "numConvolutions": 1}),
    ):
        generator = torch.Generator().manual_seed(seed)
        config = multi_scale_config(**changes)
        state = {"codebook.codes": rounded([12, 4], generator)}
        for index in range(config["numConvolutions"]):
            state[f"convolutions.{index}.weight"] = rounded([3, 3, 4, 4], generator, 0.15)
            state[f"convolutions.{index}.bias"] = rounded([4], generator, 0.1)
        yield case(name, config, [batch, *config["scales"][-1], 4], state, generator)


def main():
    cases = [*vector_cases(), *scalar_cases(), *residual_cases(), *multi_scale_cases()]
    result = {
        "madeBy": f"test/golden/quantizers.py with PyTorch {torch.__version__} and NumPy {np.__version__}, in float64",
        "cases": cases,
    }
    path = Path(__file__).with_name("quantizers.json")
    path.write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
