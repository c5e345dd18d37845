"""Makes published-weights.json: what published tokenizers' networks give in PyTorch, over made-up weights of their layouts.

    python3 test/golden/published_weights.py && npm run fix

Each case has a config as it is published, name and shape of each entry of the state dict, and what encoding and decoding give.
Weights and pixels are hashed values (test/golden/hashed-values.ts), entry i with seed i, scaled by `scale_and_offset`; the
networks are those of bench/peers/autoencoder_kl.py.
"""

import json
import math
import sys
from pathlib import Path

import torch

from bfloat16_errors import hashed_values

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent.parent / "bench/peers"))
from autoencoder_kl import AutoencoderKL, VQModel, old_names  # noqa: E402

PIXELS_SEED = 1000
LATENTS_SEED = 1001
HEIGHT, WIDTH = 8, 12

STABLE_DIFFUSION = {
    "_class_name": "AutoencoderKL",
    "in_channels": 3,
    "out_channels": 3,
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "block_out_channels": [4, 8, 8],
    "layers_per_block": 2,
    "act_fn": "silu",
    "latent_channels": 4,
    "norm_num_groups": 2,
    "sample_size": 32,
    "scaling_factor": 0.18215,
}
FLUX = {
    **STABLE_DIFFUSION,
    "block_out_channels": [8, 4],
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
    "layers_per_block": 1,
    "scaling_factor": 0.3611,
    "shift_factor": 0.1159,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
    "force_upcast": True,
}
LLAMAGEN = {
    "codebook_size": 64,
    "codebook_embed_dim": 8,
    "codebook_l2_norm": True,
    "encoder_ch_mult": [1, 1, 2],
    "decoder_ch_mult": [1, 1, 2],
    "z_channels": 12,
    "ch": 32,
    "num_res_blocks": 1,
}


def scale_and_offset(name, shape):
    """Norm weights lie around 1, biases are small, and matrices about keep the size of what they multiply."""
    if len(shape) == 1:
        return 0.1, 1.0 if "norm" in name and name.endswith("weight") else 0.0
    return math.prod(shape[1:]) ** -0.5, 0.0


def fill(model):
    """Replaces every tensor by hashed values; gives "name sizes" of each."""
    entries = []
    state = model.state_dict()
    for seed, (name, tensor) in enumerate(state.items()):
        scale, offset = scale_and_offset(name, tensor.shape)
        state[name] = hashed_values(tensor.shape, seed) * scale + offset
        entries.append(f"{name} {','.join(map(str, tensor.shape))}")
    model.load_state_dict(state)
    return entries


def rounded(tensor):
    """Channels last, flattened, six digits."""
    return [float(f"{value:.6g}") for value in tensor.permute(0, 2, 3, 1).flatten().tolist()]


def kl_case(name, config, rename=lambda name: name):
    model = AutoencoderKL(config).double()
    entries = fill(model)
    factor = 2 ** (len(config["block_out_channels"]) - 1)
    pixels = hashed_values((1, HEIGHT, WIDTH, 3), PIXELS_SEED).permute(0, 3, 1, 2) / 2
    shape = (1, HEIGHT // factor, WIDTH // factor, config["latent_channels"])
    latents = hashed_values(shape, LATENTS_SEED).permute(0, 3, 1, 2)
    return {
        "name": name,
        "config": config,
        "tensors": [rename(entry) for entry in entries],
        "encoded": rounded(model.encode(pixels)),
        "decoded": rounded(model.decode(latents)),
    }


def vq_case(name, config):
    model = VQModel(config).double()
    entries = fill(model)
    factor = 2 ** (len(config["encoder_ch_mult"]) - 1)
    pixels = hashed_values((1, HEIGHT, WIDTH, 3), PIXELS_SEED).permute(0, 3, 1, 2) / 2
    indices = torch.arange(HEIGHT * WIDTH // factor**2).reshape(1, HEIGHT // factor, WIDTH // factor) * 7 % 64
    return {
        "name": name,
        "config": config,
        "tensors": entries,
        "indices": model.encode(pixels).flatten().tolist(),
        "decoded": rounded(model.decode(indices)),
    }


def main():
    cases = {
        "versions": {"torch": torch.__version__},
        "kl": [
            kl_case("Stable Diffusion, attention as it was spelled first", STABLE_DIFFUSION, old_names),
            kl_case("SDXL", {**STABLE_DIFFUSION, "scaling_factor": 0.13025, "layers_per_block": 1}),
            kl_case("SD3 and FLUX", FLUX),
            kl_case("no attention", {**FLUX, "mid_block_add_attention": False}),
        ],
        "vq": [
            vq_case("cosine", LLAMAGEN),
            vq_case("distance", {**LLAMAGEN, "codebook_l2_norm": False}),
        ],
    }
    (FOLDER / "published-weights.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    with torch.inference_mode():
        main()
